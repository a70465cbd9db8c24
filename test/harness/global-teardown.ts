export { tearDownMariadb as default } from './global-setup';
