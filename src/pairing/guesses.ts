/**
 * How many wrong guesses one live code bears, wherever they come from; then it is dead, for the right value too (S102).
 * The failure limit counts for each address; this one stops a guess that is spread over many.
 */
export const GUESSES = 10;
