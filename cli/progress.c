#include "cli/progress.h"

#include <unistd.h>

void progress_start(struct progress *p, FILE *out, double now_s)
{
    *p = (struct progress){
        .out = out, .terminal = isatty(fileno(out)) == 1, .start_s = now_s, .shown_s = now_s};
}

// The time that is left, if the rest goes as fast as what is done: "ETA 3:20".
static void print_eta(FILE *out, double part, double elapsed_s)
{
    if (part < 0.01 || elapsed_s < 1)
        return;
    long left = (long)(elapsed_s * (1 - part) / part + 0.5);
    if (left >= 3600)
        fprintf(out, "   ETA %ld:%02ld:%02ld", left / 3600, left / 60 % 60, left % 60);
    else
        fprintf(out, "   ETA %ld:%02ld", left / 60, left % 60);
}

static void print_bar(FILE *out, double part)
{
    enum { WIDTH = 24 };
    int full = (int)(part * WIDTH);
    fputs("\r[", out);
    for (int i = 0; i < WIDTH; i++)
        fputc(i < full ? '#' : '.', out);
    fputs("] ", out);
}

void progress_show(struct progress *p, double done, double total, const char *text, double now_s)
{
    double part = total > 0 && done < total ? done / total : 1;
    if (part < 1 && now_s - p->shown_s < (p->terminal ? 0.1 : 10))
        return;
    p->shown_s = now_s;
    if (p->terminal)
        print_bar(p->out, part);
    fprintf(p->out, "%3.0f %%   %s", part * 100, text);
    print_eta(p->out, part, now_s - p->start_s);
    fputs(p->terminal ? "\x1b[K" : "\n", p->out);
    fflush(p->out);
    p->open = p->terminal;
}

void progress_clear(struct progress *p)
{
    if (p->open)
        fputs("\r\x1b[K", p->out);
    fflush(p->out);
    p->open = false;
}
