// Picks the page by the address and starts it.

import { mount } from 'svelte';
import './view/fonts.css';
import './view/base.css';
import App from './view/App.svelte';
import { startLanguage } from './state/language.svelte';
import { startClock } from './state/now.svelte';
import { startLight } from './state/light.svelte';

const target = document.getElementById('app');
if (target) {
  startLanguage();
  startClock();
  const [, page = '', seat = ''] = location.pathname.split('/');
  const room = page === 'terminal' || page === 'enrol';
  startLight(room ? 'room' : null);
  mount(App, { target, props: { page, seat: decodeURIComponent(seat) } });
}
