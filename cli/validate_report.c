// The report of a validation: each model, then what all of them together say.
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cli/validate.h"

static const double small_ns = 1e6; // models below are shown, but judged apart

#define SUMMARY(X)                                                                                 \
    X(text, setting, "setting", 0, 0)                                                              \
    X(text, models, "models", 0, 0)                                                                \
    X(count, n, "n", 0, 0)                                                                         \
    X(real, mean_abs_error, "mean |error| %", 100, 2)                                              \
    X(real, median_abs_error, "median %", 100, 2)                                                  \
    X(real, p90_abs_error, "p90 %", 100, 2)                                                        \
    X(real, worst_abs_error, "worst %", 100, 2)                                                    \
    X(real, bias, "bias %", 100, 2)                                                                \
    X(real, within_2, "within 2 %", 100, 0)                                                        \
    X(real, within_5, "5 %", 100, 0)                                                               \
    X(real, within_10, "10 %", 100, 0)                                                             \
    X(real, coverage, "in range %", 100, 0)                                                        \
    X(real, half_width, "range +- %", 100, 1)                                                      \
    X(real, noise, "noise %", 100, 1)                                                              \
    X(real, hot_mean_abs_error, "hot loop: mean |error| %", 100, 2)                                \
    X(real, hot_worst_abs_error, "worst %", 100, 2)
enum { HOT_SUMMARY_COLUMNS = 2, HOT_VERDICT_COLUMNS = 1 }; // the last ones

struct summary_row {
    const char *setting, *models;
    int64_t n;
    double mean_abs_error, median_abs_error, p90_abs_error, worst_abs_error, bias;
    double within_2, within_5, within_10, coverage, half_width, noise;
    double hot_mean_abs_error, hot_worst_abs_error;
};

#define PAIRS(X)                                                                                   \
    X(text, setting, "setting", 0, 0)                                                              \
    X(count, n, "n", 0, 0)                                                                         \
    X(real, rank_correlation, "rank correlation", 1, 4)                                            \
    X(count, pairs, "pairs", 0, 0)                                                                 \
    X(real, mean_ratio_error, "mean |ratio error| %", 100, 2)                                      \
    X(real, p90_ratio_error, "p90 %", 100, 2)                                                      \
    X(real, worst_ratio_error, "worst %", 100, 2)                                                  \
    X(count, wrong_winners, "wrong winners", 0, 0)                                                 \
    X(real, wrong_share, "%", 100, 2)                                                              \
    X(count, wrong_beyond_noise, "beyond noise", 0, 0)

struct pairs_row {
    const char *setting;
    int64_t n;
    double rank_correlation;
    int64_t pairs;
    double mean_ratio_error, p90_ratio_error, worst_ratio_error;
    int64_t wrong_winners;
    double wrong_share;
    int64_t wrong_beyond_noise;
};

#define SUMMARY_OFFSET(kind, field, ...) offsetof(struct summary_row, field),
#define PAIRS_OFFSET(kind, field, ...) offsetof(struct pairs_row, field),
static const struct column summary_columns[] = {SUMMARY(FORM_COLUMN)};
static const size_t summary_offsets[] = {SUMMARY(SUMMARY_OFFSET)};
static const struct column pairs_columns[] = {PAIRS(FORM_COLUMN)};
static const size_t pairs_offsets[] = {PAIRS(PAIRS_OFFSET)};
static const struct form summary_form = FORM(summary_columns, summary_offsets);
static const struct form pairs_form = FORM(pairs_columns, pairs_offsets);

// ---- verdicts that are judged together -----------------------------------------------------

// Those of one setting, or of all settings of one granularity: with another granularity the same
// model is predicted again, which is no pair.
struct group {
    int setting; // NONE: of all
    int64_t granularity;
    char label[LABEL_SIZE];
};

enum size_class { SIZE_large = 1, SIZE_small = 2, SIZE_all = SIZE_large | SIZE_small };

static bool is_of(const struct verdict *v, const struct group *g, enum size_class size)
{
    bool small = v->measured_p50_ns < small_ns;
    bool of_group =
        g->setting == NONE ? v->granularity == g->granularity : v->setting == g->setting;
    return of_group && (size & (small ? SIZE_small : SIZE_large));
}

// Chooses what becomes of a verdict.
typedef struct outcome outcome_of(const struct verdict *v);

// Fills out (room for all verdicts); returns how many there are.
static int collect(const struct findings *f, const struct group *g, enum size_class size,
                   outcome_of *of, struct outcome *out)
{
    int n = 0;
    for (int i = 0; i < f->n; i++)
        if (is_of(&f->verdicts[i], g, size))
            out[n++] = of(&f->verdicts[i]);
    return n;
}

static struct accuracy accuracy_of_group(const struct findings *f, const struct group *g,
                                         enum size_class size, outcome_of *of)
{
    struct outcome *outcomes = xcalloc((size_t)f->n + 1, sizeof *outcomes);
    struct accuracy a = accuracy_of(collect(f, g, size, of, outcomes), outcomes);
    free(outcomes);
    return a;
}

// Settings of the granularity of number i, if it is the first of them; else 0.
static int settings_alike(const struct findings *f, int i)
{
    int n = 0;
    for (int k = 0; k < f->n_settings; k++) {
        bool alike = f->settings[k].granularity == f->settings[i].granularity;
        if (alike && k < i)
            return 0;
        n += alike;
    }
    return n;
}

// Each setting, then each granularity that several have. Room for twice the settings.
static int make_groups(const struct findings *f, struct group *groups)
{
    int n = 0;
    for (int i = 0; i < f->n_settings; i++) {
        groups[n] = (struct group){.setting = i};
        setting_label(&f->settings[i], groups[n++].label);
    }
    for (int i = 0; i < f->n_settings; i++) {
        if (settings_alike(f, i) < 2)
            continue;
        groups[n] = (struct group){.setting = NONE, .granularity = f->settings[i].granularity};
        snprintf(groups[n].label, sizeof groups[n].label, "all of G %d",
                 (int)groups[n].granularity);
        n++;
    }
    return n;
}

// ---- rows ----------------------------------------------------------------------------------

static void add_summary(struct table *t, const struct findings *f, const struct group *g,
                        enum size_class size)
{
    struct accuracy a = accuracy_of_group(f, g, size, verdict_outcome);
    struct accuracy hot = accuracy_of_group(f, g, size, verdict_hot_outcome);
    if (a.n == 0)
        return;
    struct summary_row row = {
        .setting = g->label,
        .models = size == SIZE_large ? "1 ms and more" : "below 1 ms",
        .n = a.n,
        .mean_abs_error = a.mean,
        .median_abs_error = a.median,
        .p90_abs_error = a.p90,
        .worst_abs_error = a.worst,
        .bias = a.bias,
        .within_2 = a.within_2,
        .within_5 = a.within_5,
        .within_10 = a.within_10,
        .coverage = a.coverage,
        .half_width = a.half_width,
        .noise = a.noise,
        .hot_mean_abs_error = hot.mean,
        .hot_worst_abs_error = hot.worst,
    };
    form_add(&summary_form, t, &row);
}

static void add_pairs(struct table *t, const struct findings *f, const struct group *g)
{
    struct outcome *outcomes = xcalloc((size_t)f->n + 1, sizeof *outcomes);
    int n = collect(f, g, SIZE_all, verdict_outcome, outcomes);
    struct pairs p = accuracy_of_pairs(n, outcomes);
    struct pairs_row row = {
        .setting = g->label,
        .n = n,
        .rank_correlation = rank_correlation(n, outcomes),
        .pairs = p.n,
        .mean_ratio_error = p.mean,
        .p90_ratio_error = p.p90,
        .worst_ratio_error = p.worst,
        .wrong_winners = p.n_wrong,
        .wrong_share = (double)p.n_wrong / p.n,
        .wrong_beyond_noise = p.n_wrong_clear,
    };
    free(outcomes);
    if (p.n)
        form_add(&pairs_form, t, &row);
}

// ---- tables --------------------------------------------------------------------------------

enum { MAX_COLUMNS = 24 };

// A table of a form whose columns people need not see all.
struct view {
    struct column columns[MAX_COLUMNS];
    struct table table;
};

static void view_init(struct view *v, const struct form *form, int n_dropped)
{
    memcpy(v->columns, form->columns, (size_t)form->n * sizeof *v->columns);
    table_init(&v->table, v->columns, form->n - n_dropped);
}

static void view_hide(struct view *v, const char *key)
{
    for (int i = 0; i < v->table.n_columns; i++)
        if (strcmp(v->columns[i].key, key) == 0)
            v->columns[i].title = NULL;
}

struct report {
    struct view models, settings, summary, pairs, gaps;
};

static bool isas_differ(const struct findings *f)
{
    for (int i = 1; i < f->n_settings; i++)
        if (strcmp(f->settings[i].isa, f->settings[0].isa) != 0)
            return true;
    return false;
}

// Of what people see by model.
static void hide_by_model(struct report *r, const char *key)
{
    view_hide(&r->models, key);
    view_hide(&r->gaps, key);
}

// People see of the settings what differs between them, and of ages what there is.
static void hide_columns(struct report *r, const struct findings *f)
{
    if (!isas_differ(f))
        hide_by_model(r, "isa");
    if (f->n_settings == 1) {
        hide_by_model(r, "threads");
        hide_by_model(r, "batch");
        hide_by_model(r, "granularity");
        view_hide(&r->summary, "setting");
        view_hide(&r->pairs, "setting");
    }
    if (isnan(f->settings[0].records_oldest_s)) {
        view_hide(&r->settings, "records_newest_s");
        view_hide(&r->settings, "records_oldest_s");
    }
}

static void report_init(struct report *r, const struct findings *f, const struct options *o)
{
    view_init(&r->models, &verdict_form, o->hot ? 0 : HOT_VERDICT_COLUMNS);
    view_init(&r->settings, &setting_form, 0);
    view_init(&r->summary, &summary_form, o->hot ? 0 : HOT_SUMMARY_COLUMNS);
    view_init(&r->pairs, &pairs_form, 0);
    view_init(&r->gaps, &gap_form, 0);
    hide_columns(r, f);
}

static void report_fill(struct report *r, const struct findings *f)
{
    struct group *groups = xcalloc(2 * (size_t)f->n_settings, sizeof *groups);
    int n = make_groups(f, groups);
    for (int i = 0; i < f->n; i++)
        form_add(&verdict_form, &r->models.table, &f->verdicts[i]);
    for (int i = 0; i < f->n_settings; i++)
        form_add(&setting_form, &r->settings.table, &f->settings[i]);
    for (int i = 0; i < f->n_gaps; i++)
        form_add(&gap_form, &r->gaps.table, &f->gaps[i]);
    for (int i = 0; i < n; i++) {
        add_summary(&r->summary.table, f, &groups[i], SIZE_large);
        add_summary(&r->summary.table, f, &groups[i], SIZE_small);
        add_pairs(&r->pairs.table, f, &groups[i]);
    }
    free(groups);
}

static const char *heading_of(const struct options *o)
{
    return o->from_cache ? "From cache: whole models measured now, their bricks earlier"
                         : "Fresh: whole models and their bricks measured in turns";
}

static void print_tables(const struct findings *f, const struct options *o)
{
    struct report r;
    report_init(&r, f, o);
    report_fill(&r, f);
    const struct section sections[] = {
        {"models", heading_of(o), &r.models.table},
        {"settings", "Conditions", &r.settings.table},
        {"summary", "Errors: (predicted - measured) / measured", &r.summary.table},
        {"pairs", "All pairs: which is faster, and by how much", &r.pairs.table},
        {"gap", "Gap: where the measured time goes", &r.gaps.table},
    };
    enum { N_SECTIONS = sizeof sections / sizeof *sections };
    sections_print(sections, o->gap ? N_SECTIONS : N_SECTIONS - 1, o, stdout);
    for (int i = 0; i < N_SECTIONS; i++)
        table_release(sections[i].table);
}

// ---- the whole -----------------------------------------------------------------------------

int validate_report(const struct findings *f, const struct options *o, struct error *err)
{
    print_tables(f, o);
    return o->svg ? validate_plot(f, heading_of(o), o->svg, err) : 0;
}

double validate_error(const struct findings *f)
{
    double large = 0, small = 0;
    int n_large = 0, n_small = 0;
    for (int i = 0; i < f->n; i++) {
        bool is_small = f->verdicts[i].measured_p50_ns < small_ns;
        *(is_small ? &small : &large) += fabs(f->verdicts[i].error);
        *(is_small ? &n_small : &n_large) += 1;
    }
    if (n_large)
        return large / n_large;
    return n_small ? small / n_small : 0;
}
