// What does a network cost whose family is known? Each network from the third of its family on, in
// the order of the list (EfficientNet-B3 after B0 to B2, say): the time of its bricks that none of
// those before it has, each once, over its own latency; and the seconds of benching those, and what
// is known at other footprints only, over those of measuring the network. Markdown on standard
// output. usage: known_family WORK LIST
//
// WORK is what experiment.sh keeps (support/cell.h). Times that its cache lacks are estimated from
// FLOPs and bytes, which the report says; of what was not measured there are no seconds. The way of
// measuring is that of the list's cell at G = 1: as true as its predictions. Families are the
// zoo's; of networks with the same bricks (suite_distinct.c) only the first should be in the list.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/statistics.h"
#include "datasets/zoo.h"
#include "tests/perf/support/cell.h"

enum { FEWEST_BEFORE = 2 };

// What is known of each brick when its turn comes.
enum { KNOWN = 1, KNOWN_HERE = 2, MET = 4 }; // in the family, at this footprint, in the network

struct cost {
    int before;                   // networks of the family that are known
    int n_unique, n_new;          // bricks
    double time_ns, estimated_ns; // of all instances
    double new_ns;                // of new bricks, each once
    double moved_ns;              // of those that are known at other footprints only
    double bench_s;               // of new and moved ones; NAN if one was not timed
    double measure_s;             // of the network itself; NAN if it was not
};

struct report {
    struct ledger ledger;
    struct cell cell;
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

// A brick that the network has and that was not met in it before.
static void add_unique(struct cost *c, const struct report *r, int brick, double point, int known,
                       double time_ns, bool estimated)
{
    c->n_unique++;
    c->n_new += !(known & KNOWN);
    c->new_ns += known & KNOWN ? 0 : time_ns;
    c->moved_ns += known & KNOWN && !(known & KNOWN_HERE) ? time_ns : 0;
    if (known & KNOWN_HERE)
        return;
    const char *signature = r->cell.suite.bricks[brick]->signature;
    c->bench_s += estimated ? NAN : ledger_series_s(&r->ledger, signature, point);
}

static void add_instance(struct cost *c, const struct report *r, int brick, double point,
                         char *mark)
{
    bool estimated;
    double time_ns = only_place_time(&r->cell.place, brick, point, &estimated);
    c->time_ns += time_ns;
    c->estimated_ns += estimated ? time_ns : 0;
    if (!(*mark & MET))
        add_unique(c, r, brick, point, *mark, time_ns, estimated);
    *mark |= MET;
}

static double measure_s(const struct cell *c, const struct model *m)
{
    const struct direct_model *direct = direct_find(&c->direct, m->name);
    bool has_way = cell_is_whole(c) && isfinite(c->way.seconds);
    return direct && has_way ? direct_seconds(direct, c->way.visits, c->way.runs) : NAN;
}

static struct cost cost_of(const struct report *r, int m)
{
    const struct suite *s = &r->cell.suite;
    const struct model *model = &s->models[m];
    struct cost c = {.measure_s = measure_s(&r->cell, model)};
    char *marks = xcalloc((size_t)s->n_bricks, 1);
    c.before = recall(&r->cell.place, m, marks);
    double point = point_of(&r->cell.place, model);
    for (int i = 0; i < model->n_instances && c.before >= FEWEST_BEFORE; i++) {
        int brick = model->instances[i].brick;
        add_instance(&c, r, brick, point, &marks[brick]);
    }
    free(marks);
    return c;
}

static double percent(double part, double all)
{
    return all > 0 ? 100 * part / all : 0;
}

// Percentages, a value per network.
struct shares {
    int n, n_seconds;
    double *added, *moved, *seconds, estimated_ns, time_ns;
};

static void print_seconds(const struct cost *c, struct shares *shares)
{
    double share = 100 * c->bench_s / c->measure_s;
    if (isnan(share)) {
        printf("- |\n");
        return;
    }
    printf("%.2f against %.2f: %.0f |\n", c->bench_s, c->measure_s, share);
    shares->seconds[shares->n_seconds++] = share;
}

static void print_network(const struct model *m, const struct cost *c, struct shares *shares)
{
    double added = percent(c->new_ns, c->time_ns), moved = percent(c->moved_ns, c->time_ns);
    printf("| %s | %s | %d | %d | %d | %.1f | %.1f | ", family_of(m)->name, m->name, c->before,
           c->n_unique, c->n_new, added, added + moved);
    print_seconds(c, shares);
    shares->added[shares->n] = added;
    shares->moved[shares->n++] = added + moved;
    shares->estimated_ns += c->estimated_ns;
    shares->time_ns += c->time_ns;
}

static void print_networks(const struct report *r, struct shares *shares)
{
    const struct suite *s = &r->cell.suite;
    printf("Time of the bricks that no network of the family before it has, each once, over the "
           "network's own latency; with those that are known at other footprints only; and the "
           "seconds of benching these, against those of measuring the network.\n\n"
           "| family | network | known | unique bricks | new | new, %% of latency | and at other "
           "footprints, %% | bench s against models s: %% |\n"
           "|---|---|--:|--:|--:|--:|--:|--:|\n");
    for (int m = 0; m < s->n_models; m++) {
        if (!family_of(&s->models[m]))
            continue;
        struct cost c = cost_of(r, m);
        if (c.before >= FEWEST_BEFORE)
            print_network(&s->models[m], &c, shares);
    }
}

static void print_summary(const struct shares *shares)
{
    if (!shares->n) {
        printf("\nNo family of the list has %d networks.\n", FEWEST_BEFORE + 1);
        return;
    }
    printf("\nMedian over %d networks: %.1f %% of the latency, with other footprints %.1f %%. %.0f "
           "%% of the time is estimated from FLOPs and bytes, the rest is measured.",
           shares->n, median(shares->added, shares->n), median(shares->moved, shares->n),
           percent(shares->estimated_ns, shares->time_ns));
    if (shares->n_seconds)
        printf(" Median of the seconds over %d networks: %.0f %%.", shares->n_seconds,
               median(shares->seconds, shares->n_seconds));
    printf("\n");
}

static void print_report(const struct report *r, const char *list)
{
    size_t n = (size_t)r->cell.suite.n_models + 1;
    struct shares shares = {.added = xcalloc(n, sizeof *shares.added),
                            .moved = xcalloc(n, sizeof *shares.moved),
                            .seconds = xcalloc(n, sizeof *shares.seconds)};
    printf("### %s: networks of known families\n\n", list);
    print_networks(r, &shares);
    print_summary(&shares);
    free(shares.added);
    free(shares.moved);
    free(shares.seconds);
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct report r = {0};
    if (argc != 3) {
        fprintf(stderr, "usage: known_family WORK LIST\n");
        return 2;
    }
    int status = work_read_ledger(&r.ledger, argv[1], &err) ||
                 cell_read(&r.cell, argv[1], argv[2], 1, &r.ledger, &err);
    if (status)
        fprintf(stderr, "known_family: %s\n", err.text);
    else
        print_report(&r, argv[2]);
    cell_release(&r.cell);
    ledger_release(&r.ledger);
    return status ? 1 : 0;
}
