/** Styles are put into the page by the builder. */
declare module '*.css';
