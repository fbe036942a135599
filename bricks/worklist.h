// The work of `bench`, planned: which tasks come first, who does them, and how many are taken at
// once. Pure: no cache, no engine and no clock; times come in as numbers.
//
// A task is one brick at one footprint. Tasks are taken in the order of their value: what share of
// the models' expected latency becomes known per second of benching.
#ifndef BRICKS_WORKLIST_H
#define BRICKS_WORKLIST_H

#include "bricks/cost.h"
#include "bricks/footprint.h"

// What is known of a brick at a footprint.
#define BRICK_STATES(STATE)                                                                        \
    STATE(known)                                                                                   \
    STATE(new)   /* no usable record */                                                            \
    STATE(stale) /* none, but one of the same machine and an unlike patch level */                 \
    STATE(noisy) /* the interval of its median is too wide for what it contributes */              \
    STATE(old)   /* known, but for longer than the user wants to trust */

enum brick_state {
#define STATE(name) STATE_##name,
    BRICK_STATES(STATE)
#undef STATE
        N_BRICK_STATES
};
const char *brick_state_name(enum brick_state state);

struct task {
    int brick; // its number in the suite
    double footprint, uses;
    enum brick_state state; // why it is to be timed
    double share;           // of the models' expected latency, mean over models: what becomes known
    double cost_s;          // expected, among many (cost_share_s)
    int pair;               // the caller's number for it
};

// By falling share per second, where each task also bears a part of its footprint's surrogates, as
// large as its part of what becomes known there. Equal ones by signature and footprint, so that the
// order is that of the content and not of the files' order.
void tasks_order(struct task *tasks, int n, const struct suite *s);

// Chooses what is timed at once: in order, each task that still fits into limit_s beside those that
// were chosen, and the first in any case. What shares a footprint with a chosen one costs little
// more, so that batches are filled with it. Moves the chosen ones to the front, both parts in
// order; returns their number. *expected_s is what they take.
int tasks_batch(struct task *tasks, int n, const struct suite *s, const struct probe *probe,
                double limit_s, double *expected_s);

// Moves the tasks that share a surrogate model with one of the first n_chosen behind these: bricks
// of the same model at its point of the grid (points: per model). Returns how many there are now.
int tasks_add_companions(struct task *tasks, int n_chosen, int n, const struct suite *s,
                         const double *points);

// The tasks as a demand per brick; free with demands_free.
struct demand *tasks_demands(const struct task *tasks, int n, const struct suite *s);

// Partition of a suite's bricks among n_shards: shard[i], from 0 on, is that of brick i, NONE if no
// model wants it. It depends on the bricks and the models' footprints alone: neither on a machine,
// nor on what a cache holds, nor on the order of the models, so that shards which begin at
// different times on different machines still make up the whole. Balanced by expected cost: the
// costliest brick first, each to the shard that has least.
void shards_assign(const struct suite *s, int n_shards, int *shard);

// The pace of a run: batches within a budget, with the rules' expected times corrected by what the
// batches before really took. now_s: of any one clock.
struct pace {
    double start_s, budget_s;  // INFINITY: no end
    double expected_s, took_s; // of all batches so far
};
void pace_init(struct pace *p, double budget_s, double now_s);
void pace_note(struct pace *p, double expected_s, double took_s);
// What was expected to take one second takes so many.
double pace_ratio(const struct pace *p);
bool pace_is_over(const struct pace *p, double now_s);
// Expected seconds of the next batch. Records are written between batches, and what a batch leaves
// half done counts for little, so that it is short against the budget and ends with it.
double pace_limit_s(const struct pace *p, double now_s);

#endif
