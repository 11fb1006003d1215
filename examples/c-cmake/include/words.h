#ifndef WORDS_H
#define WORDS_H

#include <stddef.h>

/* count_words gives how many words a text has: runs of what is not white space. */
size_t count_words(const char *text);

#endif
