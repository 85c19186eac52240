export const PROFILE_NAMES = ['ietf-07', 'stripe', 'ours'] as const;
export type ProfileName = (typeof PROFILE_NAMES)[number];
