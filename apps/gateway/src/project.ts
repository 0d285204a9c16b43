/** The only project, until keys belong to projects. */
export const PROJECT = 'default';
