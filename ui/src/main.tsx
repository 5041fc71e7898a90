import { render } from 'preact';
import { App } from './app.js';
import { arrive } from './arrival.js';
import { resume } from './session.js';
import { show } from './theme.js';
import './style/colours.css';
import './style/elements.css';
import './style/layout.css';

show();
arrive();
// A link that is followed while the console is open loads nothing: it only changes what stands behind `#`.
addEventListener('hashchange', () => {
  arrive();
});
render(<App />, document.getElementById('app')!);
void resume();
