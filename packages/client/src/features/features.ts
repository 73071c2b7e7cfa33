/**
 * What not every page uses. This file is loaded beside the client's, so it imports only types from there and is given the
 * class that both need: with a second one, an error of this file would be none to the other.
 */
export { call } from './call.ts';
export { history } from './history.ts';
export { respond } from './respond.ts';
export { Roster } from './roster.ts';
