// Within a region (regions.h) a group grows along its edges, each time with whatever else must
// run before, so that it is connected. Groups run in the order in which they were made, which
// makes each convex.
#include "decompose/groups.h"

#include <stdlib.h>
#include <string.h>

#include "base/heap.h"
#include "bricks/brick.h"
#include "decompose/links.h"
#include "decompose/regions.h"

struct node_set {
    int n;
    int *nodes;
};

struct grouper {
    const struct graph *g;
    struct cutter cutter;
    struct links links;
    int most;      // nodes of a group
    int *priority; // per node: canonical position in its region
    bool *placed;  // per node: in a group that is complete
    int *stamp;    // per node: the trial that last chose it
    int n_trials;
    int *waits_for;    // per node: entries of its lists before and waits that are not placed
    struct heap ready; // nodes of the region that wait for nothing, also some that are placed
    struct node_set group, trial, best;
    struct groups *out;
};

// Chooses a node for the trial unless it was placed or chosen before.
static void choose(struct grouper *w, int node)
{
    if (w->placed[node] || w->stamp[node] == w->n_trials)
        return;
    w->stamp[node] = w->n_trials;
    w->trial.nodes[w->trial.n++] = node;
}

static void choose_all(struct grouper *w, const struct node_list *list)
{
    for (int i = 0; i < list->n; i++)
        choose(w, list->nodes[i]);
}

// Tries the group with a node and all that is unplaced and must run before it. False if that
// makes too many.
static bool try_with(struct grouper *w, int node)
{
    w->n_trials++;
    w->trial.n = 0;
    for (int i = 0; i < w->group.n; i++)
        choose(w, w->group.nodes[i]);
    int at = w->trial.n;
    for (choose(w, node); at < w->trial.n && w->trial.n <= w->most; at++) {
        choose_all(w, &w->links.before[w->trial.nodes[at]]);
        choose_all(w, &w->links.waits[w->trial.nodes[at]]);
    }
    return w->trial.n <= w->most;
}

// Moves those of the list that belong to the trial from it to the reached ones.
static void reach(struct grouper *w, const struct node_list *list, int *reached, int *n)
{
    for (int i = 0; i < list->n; i++) {
        int node = list->nodes[i];
        if (w->stamp[node] == w->n_trials) {
            w->stamp[node] = 0;
            reached[(*n)++] = node;
        }
    }
}

// True if edges among the trial's nodes connect them all: some need not, as they only must have
// read a value before it is replaced.
static bool trial_is_connected(struct grouper *w)
{
    int *reached = xcalloc((size_t)w->trial.n, sizeof *reached), n = 1;
    reached[0] = w->trial.nodes[0];
    w->stamp[reached[0]] = 0;
    for (int at = 0; at < n; at++) {
        reach(w, &w->links.before[reached[at]], reached, &n);
        reach(w, &w->links.after[reached[at]], reached, &n);
    }
    free(reached);
    return n == w->trial.n;
}

static void swap_sets(struct node_set *a, struct node_set *b)
{
    struct node_set c = *a;
    *a = *b;
    *b = c;
}

// Adds to the group the follower, with what must run before it, that adds fewest nodes. False if
// none can be added.
static bool extend_group(struct grouper *w, int region_end)
{
    int best = NONE;
    for (int i = 0; i < w->group.n; i++) {
        const struct node_list *after = &w->links.after[w->group.nodes[i]];
        for (int k = 0; k < after->n; k++) {
            int node = after->nodes[k];
            if (node >= region_end || !try_with(w, node) || w->trial.n == w->group.n)
                continue;
            bool better = best == NONE || w->trial.n < w->best.n ||
                          (w->trial.n == w->best.n && w->priority[node] < w->priority[best]);
            if (!better || !trial_is_connected(w))
                continue;
            best = node;
            swap_sets(&w->trial, &w->best);
        }
    }
    if (best != NONE)
        swap_sets(&w->group, &w->best);
    return best != NONE;
}

static void add_ready(struct grouper *w, int node)
{
    heap_push(&w->ready, (struct heap_item){(uint64_t)w->priority[node], 0, node});
}

// The nodes of the list wait for one less.
static void satisfy(struct grouper *w, const struct node_list *list, int region_end)
{
    for (int i = 0; i < list->n; i++)
        if (--w->waits_for[list->nodes[i]] == 0 && list->nodes[i] < region_end)
            add_ready(w, list->nodes[i]);
}

static void close_group(struct grouper *w, int region_end)
{
    struct groups *out = w->out;
    int first = out->start[out->n];
    for (int i = 0; i < w->group.n; i++) {
        int node = w->group.nodes[i];
        out->nodes[first + i] = node;
        w->placed[node] = true;
        satisfy(w, &w->links.after[node], region_end);
        satisfy(w, &w->links.frees[node], region_end);
    }
    out->start[++out->n] = first + w->group.n;
    w->group.n = 0;
}

static void make_group(struct grouper *w, int first, int region_end)
{
    w->group.nodes[w->group.n++] = first;
    while (w->group.n < w->most && extend_group(w, region_end))
        ;
    close_group(w, region_end);
}

// Each group begins with the first node, in canonical order, that waits for nothing.
static void group_region(struct grouper *w, int from, int to)
{
    for (int i = from; i < to; i++)
        if (w->waits_for[i] == 0)
            add_ready(w, i);
    while (w->ready.n) {
        int first = heap_pop(&w->ready).number;
        if (!w->placed[first])
            make_group(w, first, to);
    }
    for (int i = from; i < to; i++)
        if (!w->placed[i])
            BUG("step %d waits for a later one", i);
}

static void set_priorities(struct grouper *w, int from, int to)
{
    int *nodes = xcalloc((size_t)(to - from), sizeof *nodes);
    for (int i = from; i < to; i++)
        nodes[i - from] = i;
    struct brick_map map;
    brick_free(cutter_extract(&w->cutter, to - from, nodes, &map));
    for (int k = 0; k < map.n_steps; k++)
        w->priority[map.steps[k]] = k;
    brick_map_release(&map);
    free(nodes);
}

static void make_groups(struct grouper *w)
{
    int *start = xcalloc((size_t)w->g->n_nodes + 1, sizeof *start);
    int n = find_regions(&w->cutter, w->most, start);
    for (int i = 0; i < n; i++) {
        set_priorities(w, start[i], start[i + 1]);
        group_region(w, start[i], start[i + 1]);
    }
    free(start);
}

static void make_singles(struct groups *out, int n)
{
    for (int i = 0; i < n; i++) {
        out->nodes[i] = i;
        out->start[i + 1] = i + 1;
    }
    out->n = n;
}

static int *int_list(int n)
{
    return xcalloc((size_t)n, sizeof(int));
}

void groups_init(struct groups *groups, const struct graph *g, int granularity)
{
    int n = g->n_nodes;
    *groups = (struct groups){.start = int_list(n + 1), .nodes = int_list(n)};
    if (granularity == 1) {
        make_singles(groups, n);
        return;
    }
    // a trial can hold the whole graph before it is found to be too large
    struct grouper w = {
        .g = g,
        .most = granularity < n ? granularity : n,
        .priority = int_list(n),
        .placed = xcalloc((size_t)n, sizeof(bool)),
        .stamp = int_list(n),
        .waits_for = int_list(n),
        .group = {0, int_list(n)},
        .trial = {0, int_list(n)},
        .best = {0, int_list(n)},
        .out = groups,
    };
    cutter_init(&w.cutter, g);
    links_init(&w.links, g);
    for (int i = 0; i < n; i++)
        w.waits_for[i] = w.links.before[i].n + w.links.waits[i].n;
    make_groups(&w);
    links_release(&w.links);
    cutter_release(&w.cutter);
    heap_release(&w.ready);
    free(w.waits_for);
    free(w.priority);
    free(w.placed);
    free(w.stamp);
    free(w.group.nodes);
    free(w.trial.nodes);
    free(w.best.nodes);
}

void groups_release(struct groups *groups)
{
    free(groups->start);
    free(groups->nodes);
    *groups = (struct groups){0};
}
