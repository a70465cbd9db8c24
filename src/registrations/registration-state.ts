export const REGISTRATION_STATES = ['registered', 'unregistered', 'unknown'] as const;
export type RegistrationState = (typeof REGISTRATION_STATES)[number];
