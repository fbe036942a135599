// What timing a suite's bricks cost, where runs of `bench` and their cache serve several suites:
// each run's seconds are shared out among the series that it recorded, by what the visits of each
// are expected to cost (bricks/cost.h), and a suite pays for those that it wants.
//
// The file of runs has a line per run, its start in seconds since 1970 and its duration in seconds;
// runs follow each other. A record belongs to the run during which its last sample was taken.
#ifndef PERF_LEDGER_H
#define PERF_LEDGER_H

#include "bricks/cache.h"
#include "bricks/footprint.h"

struct ledger_entry {
    char signature[SIGNATURE_SIZE];
    double footprint;
    int run;
    double cost_s; // first as expected, then the part of the run's seconds
};

struct ledger {
    int n_runs, runs_capacity;
    struct ledger_run {
        double start_s, seconds, expected_s;
    } * runs;
    int n, capacity;
    struct ledger_entry *entries; // by signature, then footprint
};

// Reads the runs and the records of the cache. Files that are not there are empty; records of no
// run cost nothing. Release in either case.
int ledger_read(struct ledger *l, const char *runs, const char *cache, struct error *err);
void ledger_release(struct ledger *l);

// What a brick's time at a footprint cost.
double ledger_series_s(const struct ledger *l, const char *signature, double footprint);
// What the demands of a suite's bricks cost.
double ledger_cost_s(const struct ledger *l, const struct suite *s, const struct demand *demands);

#endif
