// Whether times that are measured on this machine now will hold: what the system says of itself,
// what a calibration saw, and the judgement of both. Pure arithmetic; runner/checkup.h measures.
#ifndef BRICKS_FITNESS_H
#define BRICKS_FITNESS_H

#include <stddef.h>

#include "bricks/record.h"

// Calibration bricks: one that computes on what the caches hold, one that reads memory.
enum calibration { CALIBRATION_compute, CALIBRATION_memory, N_CALIBRATIONS };

// Samples of a second or so.
struct calibration_block {
    struct series series[N_CALIBRATIONS];
};

enum { NOT_SHOWN = -1 }; // the system does not tell

struct fitness_facts {
    int cpus, cores, threads; // logical CPUs and cores of the machine, threads of the team
    char governor[32];        // "performance" if all CPUs have it, else another one; "": not shown
    int turbo;                // 1: the clock may go beyond its base; 0: not; or NOT_SHOWN
    int smt;                  // 1: cores have two threads and more; 0: not; or NOT_SHOWN
    double quota;             // CPUs that the control group allows; 0: no limit
    bool huge_pages;          // to be had by madvise
    double steal;             // of the team's time, taken by the hypervisor: share
    double throttled;         // of the time, the control group was stopped: share
    double others;            // CPUs that other processes used
    struct band band;         // hand-offs that prevailed: of these is what follows
    double calibration_ns[N_CALIBRATIONS]; // median over the blocks' medians
    double drift[N_CALIBRATIONS];          // between the blocks' medians: share
    double handoff_ns;                     // prevailing; 0 with one thread
    double other_handoff_ns;               // median of those that do not prevail; 0: none
    double switched;                       // samples with those: share
    double cycle_ns, cycle_spread;         // median; from the 10 % to the 90 % quantile, relative
};

// Fills drift, hand-offs and cycles; zeros without samples.
void fitness_measured(struct fitness_facts *f, int n_blocks,
                      const struct calibration_block *blocks);

enum grade { GRADE_fine, GRADE_watch, GRADE_bad };

enum fitness_point {
    FITNESS_governor,
    FITNESS_turbo,
    FITNESS_smt,
    FITNESS_steal,
    FITNESS_load,
    FITNESS_quota,
    FITNESS_throttling,
    FITNESS_huge_pages,
    FITNESS_compute_drift,
    FITNESS_memory_drift,
    FITNESS_handoff,
    FITNESS_cycle,
    N_FITNESS_POINTS
};

struct finding {
    const char *name; // "memory_drift"
    enum grade grade;
    char state[64];     // "1.4 %"
    const char *advice; // what to do about it; NULL where it is fine
};

struct fitness {
    struct finding findings[N_FITNESS_POINTS];
    enum grade grade;      // of the whole
    double expected_error; // of a prediction from such times: relative, about a 95 % bound
};

struct fitness fitness_judge(const struct fitness_facts *f);

const char *grade_name(enum grade g);                 // of a point: "fine", "watch", "bad"
const char *fitness_verdict(const struct fitness *f); // of the whole: "fit", "fair", "unfit"

// "fair: memory_drift 1.4 %, cycle 0.250 ns +-0.8 %: expect +-1.7 %": what is not fine.
void fitness_line(const struct fitness *f, char out[FITNESS_LINE]);

#endif
