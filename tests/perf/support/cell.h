// One cell of the experiment: a list of models at one granularity, from what is stored of it.
#ifndef PERF_CELL_H
#define PERF_CELL_H

#include "tests/perf/support/direct_data.h"
#include "tests/perf/support/ledger.h"
#include "tests/perf/support/only_place.h"

enum { PAPER_RUNS = 100 }; // of each model, in the paper

struct cell {
    struct suite suite;
    struct only_place place;
    struct direct direct; // without visits in other conditions than the bricks'
    int layers, instances, unique;
    int n_wanted, n_timed; // bricks at footprints
    int n_measured;        // models
    int n_alike;           // of these: measured in the condition of the bricks' samples
    // Sums over all models, 0 unless all are measured; and over all bricks, each once, and each at
    // each footprint, 0 unless all are timed.
    double models_ns, bricks_ns, timings_ns;
    double bench_s;                  // wall-clock of benching the bricks, on an empty cache
    struct way way;                  // of measuring the models until the error is the same
    double paper_s;                  // wall-clock of preparing each model and running it PAPER_RUNS
    int n, n_in_range;               // models that are predicted and measured
    double mean, worst, bias, ratio; // of these: |error|, error, geometric mean of the ratio
    double *error;                   // per model of the suite; NAN: not predicted or not measured
};

// What the experiment keeps: WORK/runs.tsv, WORK/cache, WORK/direct.tsv, WORK/LIST/G/suite.json;
// only the last must be there. Release in either case.
int work_read_ledger(struct ledger *l, const char *work, struct error *err);
int cell_read(struct cell *c, const char *work, const char *list, int granularity,
              const struct ledger *ledger, struct error *err);
void cell_release(struct cell *c);

// All bricks are timed and all models are measured.
bool cell_is_whole(const struct cell *c);

// All models' measured latencies over the time of each unique brick: the paper's speed-up; and the
// seconds of measuring the models over those of benching. NAN if not known; the latter is 0 where
// no way of measuring is as true as the prediction.
double cell_formula(const struct cell *c);
double cell_wall_clock(const struct cell *c);

#endif
