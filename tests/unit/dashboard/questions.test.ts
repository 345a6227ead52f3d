import { expect, it } from 'vitest';
import { chassisPath, FIRST_CHASSIS, pauseAfter } from '../../../dashboard/src/questions.js';

it('a server that is slow to answer is asked less often, so that it is not kept busy by a page', () => {
  expect(pauseAfter(3, 5000)).toBe(5000);
  expect(pauseAfter(1000, 5000)).toBe(50_000);
});

it('chassis are asked for by state, name and page', () => {
  expect(chassisPath(FIRST_CHASSIS)).toBe('chassis?state=lapsed&name=&limit=100');
  expect(chassisPath({ state: 'live', name: 'a&b', behind: ['cn1', 'cn2'] })).toBe(
    'chassis?state=live&name=a%26b&limit=100&after=cn2',
  );
});
