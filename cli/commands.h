// The commands of the program: one row each in the table of main.c, one thin file cmd_*.c each.
// main reads the options, prepares the process for the engine where the command wants it, and
// hands the command its options; the command returns the exit status.
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "base/error.h"
#include "cli/options.h"

enum status {
    STATUS_done = 0,
    STATUS_failed = 1,
    STATUS_usage = 2,
    STATUS_exceeded = 3,   // a threshold given by the user
    STATUS_incomplete = 4, // bricks are missing
};

int cmd_decompose(const struct options *o);
int cmd_inspect(const struct options *o);
int cmd_bench(const struct options *o);
int cmd_predict(const struct options *o);
int cmd_compare(const struct options *o);
int cmd_validate(const struct options *o);
int cmd_profile(const struct options *o);
int cmd_why(const struct options *o);
int cmd_check(const struct options *o);
int cmd_zoo_list(const struct options *o);
int cmd_zoo_write(const struct options *o);
int cmd_machine_show(const struct options *o);
int cmd_machine_check(const struct options *o);
int cmd_machine_list(const struct options *o);
int cmd_cache_list(const struct options *o);
int cmd_cache_show(const struct options *o);
int cmd_cache_stats(const struct options *o);
int cmd_cache_verify(const struct options *o);
int cmd_cache_merge(const struct options *o);
int cmd_cache_export(const struct options *o);
int cmd_cache_import(const struct options *o);
int cmd_ops(const struct options *o);

// Says on standard error what went wrong. Returns STATUS_failed.
int report(const struct error *err);

// Says on standard error what the user should know though the work goes on.
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
