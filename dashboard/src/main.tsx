import { render } from 'preact';
import { Page } from './page.js';
import './style.css';

const home = document.getElementById('page');
if (home !== null) render(<Page />, home);
