// What does a network cost whose family is known? Each network from the third of its family on, in
// the order of the suite (EfficientNet-B3 after B0 to B2, say): the time of its bricks that none of
// those before it has, each once, over its own latency. Markdown on standard output.
// usage: known_family SUITE [CACHE]
//
// Times are those of the cache's only place, at the network's own footprint. Those that it lacks,
// all without a cache, are estimated from FLOPs and bytes, which the report says. Families are the
// zoo's; of networks with the same bricks (suite_distinct.c) only the first should be in the suite.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/statistics.h"
#include "datasets/zoo.h"
#include "tests/perf/support/only_place.h"

enum { FEWEST_BEFORE = 2 };

// What is known of each brick when its turn comes.
enum { KNOWN = 1, KNOWN_HERE = 2, MET = 4 }; // in the family, at this footprint, in the network

struct cost {
    int before;                   // networks of the family that are known
    int n_unique, n_new;          // bricks
    double time_ns, estimated_ns; // of all instances
    double new_ns;                // of new bricks, each once
    double moved_ns;              // of those that are known at other footprints only
};

static const struct zoo_family *family_of(const struct model *m)
{
    const struct zoo_entry *entry = zoo_find(m->name);
    return entry ? zoo_family_of(entry) : NULL;
}

static double point_of(const struct only_place *p, const struct model *m)
{
    return footprint_point(model_footprint(p->timings.suite, m), p->timings.far);
}

// Marks what models of the family before number m have; returns how many they are.
static int recall(const struct only_place *p, int m, char *marks)
{
    const struct model *models = p->timings.suite->models;
    int n = 0;
    for (int k = 0; k < m; k++) {
        if (family_of(&models[k]) != family_of(&models[m]))
            continue;
        bool here = point_of(p, &models[k]) == point_of(p, &models[m]);
        for (int i = 0; i < models[k].n_instances; i++)
            marks[models[k].instances[i].brick] |= here ? KNOWN | KNOWN_HERE : KNOWN;
        n++;
    }
    return n;
}

static void add_instance(struct cost *c, const struct only_place *p, int brick, double footprint,
                         char *mark)
{
    bool estimated;
    double time_ns = only_place_time(p, brick, footprint, &estimated);
    c->time_ns += time_ns;
    c->estimated_ns += estimated ? time_ns : 0;
    if (*mark & MET)
        return;
    c->n_unique++;
    c->n_new += !(*mark & KNOWN);
    c->new_ns += *mark & KNOWN ? 0 : time_ns;
    c->moved_ns += *mark & KNOWN && !(*mark & KNOWN_HERE) ? time_ns : 0;
    *mark |= MET;
}

static struct cost cost_of(const struct only_place *p, int m)
{
    const struct suite *s = p->timings.suite;
    const struct model *model = &s->models[m];
    struct cost c = {0};
    char *marks = xcalloc((size_t)s->n_bricks, 1);
    c.before = recall(p, m, marks);
    double footprint = model_footprint(s, model);
    for (int i = 0; i < model->n_instances && c.before >= FEWEST_BEFORE; i++) {
        int brick = model->instances[i].brick;
        add_instance(&c, p, brick, footprint, &marks[brick]);
    }
    free(marks);
    return c;
}

static double percent(double part, double all)
{
    return all > 0 ? 100 * part / all : 0;
}

struct shares {
    int n;
    double *added, *moved, estimated_ns, time_ns;
};

static void print_network(const struct model *m, const struct cost *c, struct shares *shares)
{
    double added = percent(c->new_ns, c->time_ns), moved = percent(c->moved_ns, c->time_ns);
    printf("| %s | %s | %d | %d | %d | %.1f | %.1f |\n", family_of(m)->name, m->name, c->before,
           c->n_unique, c->n_new, added, added + moved);
    shares->added[shares->n] = added;
    shares->moved[shares->n++] = added + moved;
    shares->estimated_ns += c->estimated_ns;
    shares->time_ns += c->time_ns;
}

static void print_all(const struct only_place *p, struct shares *shares)
{
    const struct suite *s = p->timings.suite;
    printf("### Networks of known families\n\n"
           "Time of the bricks that no network of the family before it has, each once, over the "
           "network's own latency; and with those that are known at other footprints only.\n\n"
           "| family | network | known | unique bricks | new | new, %% of latency | and at other "
           "footprints, %% |\n|---|---|--:|--:|--:|--:|--:|\n");
    for (int m = 0; m < s->n_models; m++) {
        if (!family_of(&s->models[m]))
            continue;
        struct cost c = cost_of(p, m);
        if (c.before >= FEWEST_BEFORE)
            print_network(&s->models[m], &c, shares);
    }
}

static void print_report(const struct only_place *p)
{
    size_t n = (size_t)p->timings.suite->n_models + 1;
    struct shares shares = {.added = xcalloc(n, sizeof *shares.added),
                            .moved = xcalloc(n, sizeof *shares.moved)};
    print_all(p, &shares);
    if (shares.n)
        printf("\nMedian over %d networks: %.1f %% of the latency, with other footprints %.1f %%. "
               "%.0f %% of the time is estimated from FLOPs and bytes, the rest is measured.\n",
               shares.n, median(shares.added, shares.n), median(shares.moved, shares.n),
               percent(shares.estimated_ns, shares.time_ns));
    else
        printf("\nNo family of the suite has %d networks.\n", FEWEST_BEFORE + 1);
    free(shares.added);
    free(shares.moved);
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct suite s;
    struct only_place p = {0};
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: known_family SUITE [CACHE]\n");
        return 2;
    }
    if (suite_load(&s, argv[1], &err)) {
        fprintf(stderr, "known_family: %s\n", err.text);
        return 1;
    }
    int status = only_place_load(&p, &s, argc == 3 ? argv[2] : NULL, &err);
    if (status)
        fprintf(stderr, "known_family: %s\n", err.text);
    else
        print_report(&p);
    only_place_release(&p);
    suite_release(&s);
    return status ? 1 : 0;
}
