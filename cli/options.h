// Options of the command line: one row per option in options.c, whatever command takes it; a
// command lists the rows that it takes by name. Their order never matters, "--" ends them, "-" is
// an argument. Wrong usage is one line that names what is wrong.
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "base/memory.h"
#include "decompose/decompose.h"

// Values of an option that some commands take several times, or as "1,2,4".
enum { MAX_COUNTS = 16 };
struct counts {
    int n;
    int value[MAX_COUNTS];
};

// The same for an option whose values are texts.
struct texts {
    int n;
    const char *value[MAX_COUNTS];
};

// The same for sizes in bytes.
enum { MAX_SIZES = 64 };
struct sizes {
    int n;
    double bytes[MAX_SIZES];
};

// Part number k (from 1 on) of n.
struct shard {
    int k, n;
};

struct options {
    bool help, json, csv, bricks;
    bool diff;       // --diff
    bool anonymous;  // --anonymous
    bool hot;        // --hot
    bool gap;        // --gap
    bool from_cache; // --from-cache
    bool repair;     // --repair
    bool choose, dry_run, only_missing, noisy, stale, lent;
    int threads;     // --threads; the first of all_threads
    int granularity; // -G; the first of granularities
    struct counts all_threads, granularities, batches;
    double max_error;     // --max-error, in percent; 0 is a threshold too
    double fail_above;    // --fail-above, in percent
    double max_ms;        // --max-ms
    bool measured_only;   // --measured-only
    const char *baseline; // --baseline
    const char *isa;      // --isa; the first of isas, NULL without
    struct texts isas;
    double budget_s;         // --budget; INFINITY without
    double older_s;          // --older-than; INFINITY without
    struct shard shard;      // --shard; 1/1 without
    struct texts only;       // --only: models
    struct sizes footprints; // --footprint
    const char *cache;       // --cache
    const char *label;       // --label
    const char *machine;     // --machine: labels, separated by commas
    const char *output;      // -o
    const char *svg;         // --svg
    const char *key;         // --key
    const char *trace;       // --trace
    int n_dims, dims_capacity;
    struct dim_binding *dims; // --dim
    int n_optional_dims;      // the last of them: not every model has to have them
    int n_args;
    const char **args; // what is no option
    struct arena arena;
};

struct command {
    const char *name;       // one or two words: "inspect", "zoo list"
    const char *arguments;  // as the usage line shows them: "MODEL|SUITE..."
    int min_args, max_args; // max -1: any number
    const char *takes;      // names of its options, separated by spaces: "--dim -G... --json";
                            // "...": with several values
    bool engine;            // needs engine_prepare_process
    int (*run)(const struct options *o);
    const char *summary; // one line
    const char *details; // what else --help should say; NULL if nothing
};

// Reads the n words behind the command's name. On wrong usage returns -1 with one line in err.
// Release the options in either case.
int options_read(struct options *o, const struct command *c, int n, char *const *words,
                 struct error *err);
void options_release(struct options *o);

// Whether an option of which each value wants a process of its own has several.
bool options_have_several(const struct options *o);

// The whole --help of a command.
void options_help(const struct command *c, FILE *out);

#endif
