// Do the intervals of predictions hold what is measured of models that had no part in choosing
// their width? Each model is left out in turn, then each family and each setting; the spread that
// predict/ adds for the composition of a model is fitted to the others, by the rule that chose its
// constant (the least that has 95 % of the measured medians in range), and the share of what was
// left out that is in range is counted. What visits usually spread (bricks/record.h) stays as it
// is: intervals do not tell it apart. Markdown on standard output.
// usage: coverage FILE...
//
// Each FILE is what `dlbricks validate --json` printed.
#include <ctype.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/statistics.h"
#include "predict/predict.h"

static const double aim = 0.95;
static const double small_ns = 1e6; // models below are judged apart by validate

// One model in one setting. All is relative to the prediction.
struct row {
    const char *model, *kind;
    char setting[64];
    bool one_thread;
    double measured_ns;
    double bricks_error; // standard error without the composition's spread
    double least_spread; // of the composition that has the measured median in range
};

struct rows {
    int n, capacity;
    struct row *row;
    json_t *files; // own the texts
};

// ---- reading -------------------------------------------------------------------------------

static double real(const json_t *json, const char *key)
{
    const json_t *value = json_object_get(json, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static const char *text(const json_t *json, const char *key)
{
    const char *value = json_string_value(json_object_get(json, key));
    return value ? value : "";
}

// sqrt(a^2 - b^2), 0 where b is the larger.
static double without(double a, double b)
{
    return sqrt(fmax(a * a - b * b, 0));
}

// False where a number is missing or the interval is narrower than this version makes any.
static bool read_row(struct row *r, const json_t *json)
{
    double predicted = real(json, "predicted_p50_ns"), measured = real(json, "measured_p50_ns");
    double half = (real(json, "predicted_high_ns") - real(json, "predicted_low_ns")) / 2;
    bool one_thread = real(json, "threads") < 2;
    double error = half / predicted / z95, spread = composition_spread;
    *r = (struct row){
        .model = text(json, "model"),
        .kind = text(json, "kind"),
        .one_thread = one_thread,
        .measured_ns = measured,
        .bricks_error = without(error, spread),
    };
    snprintf(r->setting, sizeof r->setting, "%.0f/%.0f/%.0f/%s", real(json, "threads"),
             real(json, "batch"), real(json, "granularity"), text(json, "isa"));
    r->least_spread = without(fabs(measured / predicted - 1) / z95, r->bricks_error);
    return measured > 0 && error > 0.999 * spread;
}

static int read_file(struct rows *rows, const char *path)
{
    json_error_t err = {0};
    json_t *root = json_load_file(path, 0, &err);
    const json_t *models = json_object_get(root, "models");
    json_array_append_new(rows->files, root);
    for (size_t i = 0; i < json_array_size(models); i++) {
        grow(&rows->row, &rows->capacity, rows->n + 1, sizeof *rows->row);
        if (read_row(&rows->row[rows->n++], json_array_get(models, i)))
            continue;
        fprintf(stderr, "coverage: %s: model %zu: no times, or the range of another version\n",
                path, i);
        return -1;
    }
    if (json_array_size(models))
        return 0;
    fprintf(stderr, "coverage: %s: not what `dlbricks validate --json` prints %s\n", path,
            err.text);
    return -1;
}

// ---- leaving out ---------------------------------------------------------------------------

// What is left out together.
typedef bool alike(const struct row *a, const struct row *b);

static bool same_model(const struct row *a, const struct row *b)
{
    return strcmp(a->model, b->model) == 0;
}

// A family: the letters that names begin with, "resnet" of resnet50 and ResNet-18.
static bool same_family(const struct row *a, const struct row *b)
{
    const char *x = a->model, *y = b->model;
    while (isalpha((unsigned char)*x) && tolower((unsigned char)*x) == tolower((unsigned char)*y))
        x++, y++;
    return !isalpha((unsigned char)*x) && !isalpha((unsigned char)*y);
}

static bool same_setting(const struct row *a, const struct row *b)
{
    return strcmp(a->setting, b->setting) == 0;
}

// The least spread that has the aimed share of those rows in range that are not left out with
// `out`; NAN without any.
static double fit(int n, const struct row *rows, alike *with, const struct row *out)
{
    double *least = xcalloc((size_t)n + 1, sizeof *least);
    int m = 0;
    for (int i = 0; i < n; i++)
        if (!with(&rows[i], out))
            least[m++] = rows[i].least_spread;
    sort_doubles(least, m);
    double result = m ? least[(int)ceil(aim * m) - 1] : NAN;
    free(least);
    return result;
}

struct outcome {
    int n_groups, n;                     // left out together; rows
    double hits, hits_hits, hits_n, n_n; // in range; sums of products over groups
    double least_spread, most_spread;    // that were fitted
    double *halves;                      // of the intervals, per row
};

// Those left out with `out`, with this spread.
static void judge_group(struct outcome *o, int n, const struct row *rows, alike *with,
                        const struct row *out, double spread)
{
    int size = 0, hits = 0;
    for (int i = 0; i < n; i++) {
        if (!with(&rows[i], out))
            continue;
        o->halves[o->n + size++] = z95 * hypot(rows[i].bricks_error, spread);
        hits += rows[i].least_spread <= spread;
    }
    o->n_groups++;
    o->n += size;
    o->hits += hits;
    o->hits_hits += hits * hits;
    o->hits_n += hits * size;
    o->n_n += size * size;
    o->least_spread = fmin(o->least_spread, spread);
    o->most_spread = fmax(o->most_spread, spread);
}

static bool is_first(const struct row *rows, int i, alike *with)
{
    for (int k = 0; k < i; k++)
        if (with(&rows[k], &rows[i]))
            return false;
    return true;
}

// Rows of one group say little about each other's: the error is that of a ratio of sums over
// groups.
static void print(const char *what, const char *left_out, const struct outcome *o)
{
    double share = o->hits / o->n;
    double squares = o->hits_hits - 2 * share * o->hits_n + share * share * o->n_n;
    printf("| %s | %s | %d | %d | %.2f to %.2f | %.1f | %.1f +- %.1f |\n", what, left_out,
           o->n_groups, o->n, 100 * o->least_spread, 100 * o->most_spread,
           100 * median(o->halves, o->n), 100 * share, 100 * sqrt(fmax(squares, 0)) / o->n);
}

// Leaves out what is alike, group by group; with a given spread nothing is fitted (NAN: is).
static void judge(const char *what, const char *left_out, int n, const struct row *rows,
                  alike *with, double given)
{
    struct outcome o = {.least_spread = INFINITY, .halves = xcalloc((size_t)n, sizeof(double))};
    for (int i = 0; i < n; i++)
        if (is_first(rows, i, with)) {
            double spread = isnan(given) ? fit(n, rows, with, &rows[i]) : given;
            if (!isnan(spread)) // there is somebody else
                judge_group(&o, n, rows, with, &rows[i], spread);
        }
    if (o.n)
        print(what, left_out, &o);
    free(o.halves);
}

// ---- the whole -----------------------------------------------------------------------------

// Models of 1 ms and more, or below, of one kind of validation.
static void judge_all(const struct rows *all, const char *kind, bool small, bool one_thread)
{
    struct row *rows = xcalloc((size_t)all->n, sizeof *rows);
    char what[96];
    int n = 0;
    for (int i = 0; i < all->n; i++) {
        const struct row *r = &all->row[i];
        if (strcmp(r->kind, kind) == 0 && (r->measured_ns < small_ns) == small &&
            r->one_thread == one_thread)
            rows[n++] = *r;
    }
    snprintf(what, sizeof what, "%s, %s, %s", kind, one_thread ? "1 thread" : "several threads",
             small ? "below 1 ms" : "1 ms and more");
    if (n) {
        judge(what, "nothing: as reported", n, rows, same_model, composition_spread);
        judge(what, "each model", n, rows, same_model, NAN);
        judge(what, "each family", n, rows, same_family, NAN);
        judge(what, "each setting", n, rows, same_setting, NAN);
    }
    free(rows);
}

int main(int argc, char **argv)
{
    struct rows rows = {.files = json_array()};
    int status = argc > 1 ? 0 : -1;
    if (status)
        fprintf(stderr, "usage: coverage FILE...\n");
    for (int i = 1; i < argc && status == 0; i++)
        status = read_file(&rows, argv[i]);
    if (status == 0) {
        printf(
            "| models | left out | groups | cases | spread fitted to the others %% | range +- %% "
            "| in range %% |\n|---|---|--:|--:|--:|--:|--:|\n");
        for (int i = 0; i < 8; i++)
            judge_all(&rows, i / 4 ? "from cache" : "fresh", i & 1, i / 2 & 1);
    }
    json_decref(rows.files);
    free(rows.row);
    return status ? 1 : 0;
}
