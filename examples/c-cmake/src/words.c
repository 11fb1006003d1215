#include "words.h"

#include <ctype.h>

size_t count_words(const char *text) {
    size_t count = 0;
    int inside = 0;

    for (; *text != '\0'; text++) {
        int space = isspace((unsigned char)*text);
        if (!space && !inside)
            count++;
        inside = !space;
    }
    return count;
}
