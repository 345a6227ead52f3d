import { describeApi, OPENAPI_PATH } from '../../http/openapi.js';
import { block, code, page, tableOf } from './markdown.js';

interface Described {
  readonly paths: Readonly<
    Record<
      string,
      {
        readonly get: {
          readonly summary: string;
          readonly parameters?: readonly { readonly name: string; readonly description?: string }[];
        };
      }
    >
  >;
}

/** The API as a file for programs. */
export function openApiFile(): string {
  return `${JSON.stringify(describeApi(), undefined, 2)}\n`;
}

export function apiPage(): string {
  const { paths } = describeApi() as Described;
  return page('API', 'src/http/api.ts', [
    `A server answers these at \`http.listen\`, as JSON, to \`GET\` alone; nothing is changed by them. What each takes and answers stands in [openapi.json](openapi.json), which the server has at ${code(OPENAPI_PATH)}, too. Times are milliseconds.`,
    tableOf(
      ['Path', 'Answer', 'Parameters'],
      Object.entries(paths).map(([path, { get }]) => [
        code(path),
        get.summary,
        (get.parameters ?? []).map(({ name, description = '' }) => `${code(name)}: ${description}`).join(' '),
      ]),
    ),
    'What makes no sense is answered with 400, a missing or wrong token with 401, a database that does not answer, or too many questions at once, with 503; each with `{ "error": … }`.',
    block(
      'sh',
      [
        "curl -s http://127.0.0.1:9690/api/v1/stuck | jq -r '.ports[] | [.leftMs, .portId, .stage] | @tsv'",
        'curl -sN http://127.0.0.1:9690/api/v1/events',
        'curl -s -H "Authorization: Bearer $TOKEN" https://controller.example:9690/api/v1/listeners',
      ].join('\n'),
    ),
    "By a loopback address nobody is asked who they are, where there is no `http.token`; but a request that came by another name, as from a page of somebody else's in a browser, is refused with 403.",
  ]);
}
