export { ManualClock } from '@rt/core/testing';
