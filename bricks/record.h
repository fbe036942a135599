// A record: raw samples of one brick from one run on one machine in one environment.
#ifndef BRICKS_RECORD_H
#define BRICKS_RECORD_H

#include <jansson.h>
#include <stdint.h>

#include "base/error.h"
#include "bricks/canon.h"
#include "bricks/condition.h"

enum { RUN_ID_SIZE = 48, FITNESS_LINE = 160 };

// Versions of the format that are read; what is new is written in the latest. bench-cache/README.md
// has what they differ in.
enum { OLDEST_RECORD_FORMAT = 3, RECORD_FORMAT = 4 };

// Samples taken at one footprint, in the order in which they were taken.
struct series {
    double footprint; // bytes touched between two uses of the same weights; 0: hot loop
    int n, times_capacity, conditions_capacity;
    double *time_ns;
    struct condition *conditions; // of each sample
};

// One of several implementations that were compared before one was chosen.
struct tried {
    char implementation[128];
    double footprint, time_ns; // median of its samples there
    int n_samples;
};
enum { MAX_TRIED = 16 };

struct record {
    int format; // that it was first written in, and stays in: it says what its fields mean
    char *text; // canonical text, whole
    char signature[SIGNATURE_SIZE];
    char run[RUN_ID_SIZE]; // "20261122T160134-4f3a9c21": start of the run and a random part
    char host[64];
    int64_t unix_time;         // of the last sample
    char implementation[1024]; // what ran, per step joined by " | ", e.g. "brgconv:avx512_core"
    int loop_version;          // brick_loop_version: a changed loop is a miss
    // the machine's, from the start of the run to the last sample, see fitness.h; "": not checked
    char fitness[FITNESS_LINE];
    int n_tried; // 0: nothing was compared in this run
    struct tried tried[MAX_TRIED];
    int n_series, series_capacity;
    struct series *series; // by ascending footprint
};

void record_init(struct record *r, const char *text);
void record_release(struct record *r);

// An empty record of the same brick and run.
void record_begin(struct record *r, const struct record *like);
// Forgets the samples.
void record_clear(struct record *r);

// The series at a footprint (rounded to whole bytes), added if there is none, NULL with
// record_find. The pointer is valid until another series is added.
struct series *record_series(struct record *r, double footprint);
const struct series *record_find(const struct record *r, double footprint);
void series_add(struct series *s, double time_ns, struct condition condition);
void series_release(struct series *s);

// Copies the times of the samples whose hand-off the band holds to out (room for s->n); returns
// how many there are.
int series_select(const struct series *s, struct band band, double *out);
// Their median; 0 if there are none. s may be NULL.
double series_median(const struct series *s, struct band band);
// What visits of a brick usually spread, relative to its time: longer ones spread less.
// tests/perf/independence.sh prints that of its bricks.
double usual_spread(double time_ns);

// Medians of the same samples by visit, to out (room for s->n); returns how many visits there were.
// Samples of one visit share its neighbours and the places of its pages; visits are independent.
int series_visits(const struct series *s, struct band band, double *out);

// One JSON object; see bench-cache/README.md for its fields. Times are kept to 0.1 ns, hand-offs
// to 1 ns, cycles to 0.1 ps.
// record_from_text checks everything and leaves r empty on failure.
char *record_to_text(const struct record *r); // the caller frees it
int record_from_text(struct record *r, const char *text, size_t bytes, const char *where,
                     struct error *err);
int record_from_json(struct record *r, const json_t *json, const char *where, struct error *err);

// Whether a holds all samples of b: the same brick, run and implementation, and each series of b is
// the beginning of a's.
bool record_contains(const struct record *a, const struct record *b);

int record_n_samples(const struct record *r);

// Releases each of a list, and the list.
void records_free(struct record *records, int n);

// ops.def's loop versions summed over the steps of a brick and their posts, and one for each step
// so tiny that one thread runs it.
int brick_loop_version(const struct graph *brick);

#endif
