#include "words.h"

#include <stdio.h>

static const struct {
    const char *text;
    size_t want;
} cases[] = {
    {"", 0},
    {" \t\n", 0},
    {"one", 1},
    {"  two words ", 2},
    {"a\tb\nc", 3},
};

int main(void) {
    int failed = 0;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t got = count_words(cases[i].text);
        if (got != cases[i].want) {
            fprintf(stderr, "\"%s\" has %zu words, want %zu\n", cases[i].text, got, cases[i].want);
            failed = 1;
        }
    }
    return failed;
}
