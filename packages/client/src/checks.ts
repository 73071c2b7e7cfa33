/**
 * For pages that check messages by the contract as the server does: `import { CheckedClient } from '@rt/client/checks'`.
 * It brings the contract, and so its schema library, into the page.
 */
export { CheckedClient } from './checked-client.ts';
