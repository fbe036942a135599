// Progress on standard error: on a terminal one line with a bar and the time that is left, else a
// plain line now and then. The caller says what time it is.
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdio.h>

struct progress {
    FILE *out;
    bool terminal;
    bool open; // a bar stands in the last line of the terminal
    double start_s, shown_s;
};

void progress_start(struct progress *p, FILE *out, double now_s);

// done and total in any unit of work; text says it in words ("607/1412   94 % of the time").
// Shown at most every 0.1 s on a terminal and every 10 s elsewhere, and always when done.
void progress_show(struct progress *p, double done, double total, const char *text, double now_s);

// Clears the bar, so that results begin on a clean line; also before a message amid the work.
void progress_clear(struct progress *p);

#endif
