#include "tests/perf/support/direct_data.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/statistics.h"

static struct direct_model *model_of(struct direct *d, const char *name)
{
    for (int i = 0; i < d->n; i++)
        if (strcmp(d->models[i].name, name) == 0)
            return &d->models[i];
    grow(&d->models, &d->capacity, d->n + 1, sizeof *d->models);
    d->models[d->n] = (struct direct_model){.name = xstrdup(name)};
    return &d->models[d->n++];
}

static int read_line(struct direct *d, char *line)
{
    char *end, *tab = strchr(line, '\t');
    struct direct_visit v = {0};
    if (!tab)
        return -1;
    *tab = '\0';
    v.prepare_s = strtod(tab + 1, &end);
    v.before_ns = strtod(end, &end);
    v.after_ns = strtod(end, &end);
    for (char *at = end; *at && *at != '\n'; at = end) {
        double time_ns = strtod(at, &end);
        if (end == at || !(time_ns > 0))
            break;
        grow(&v.time_ns, &v.capacity, v.n + 1, sizeof *v.time_ns);
        v.time_ns[v.n++] = time_ns;
    }
    if (v.n == 0 || *end != '\n') {
        free(v.time_ns);
        return -1;
    }
    struct direct_model *m = model_of(d, line);
    grow(&m->visits, &m->capacity, m->n + 1, sizeof *m->visits);
    m->visits[m->n++] = v;
    return 0;
}

struct pool {
    int n, capacity;
    double *times;
};

// Adds the first `runs` runs of each visit from number `first` to before number `end`.
static void add_visits(struct pool *p, const struct direct_model *m, int first, int end, int runs)
{
    for (int i = first; i < end; i++) {
        const struct direct_visit *v = &m->visits[i];
        int some = v->n < runs ? v->n : runs;
        grow(&p->times, &p->capacity, p->n + some, sizeof *p->times);
        memcpy(p->times + p->n, v->time_ns, (size_t)some * sizeof *p->times);
        p->n += some;
    }
}

static double pool_median(struct pool *p)
{
    double result = median(p->times, p->n);
    free(p->times);
    *p = (struct pool){0};
    return result;
}

static bool is_within(const struct direct_visit *v, struct band band)
{
    return band_holds(band, v->before_ns) && band_holds(band, v->after_ns);
}

static void set_reference(struct direct_model *m, struct band band)
{
    struct pool alike = {0};
    m->n_alike = 0;
    for (int i = 0; i < m->n; i++)
        if (is_within(&m->visits[i], band)) {
            add_visits(&alike, m, i, i + 1, INT32_MAX);
            m->n_alike++;
        }
    if (m->n_alike == 0)
        add_visits(&alike, m, 0, m->n, INT32_MAX);
    m->reference_ns = pool_median(&alike);
}

// A file that is still being written may end in a part of a line.
static bool is_part(const char *line, FILE *f)
{
    return !strchr(line, '\n') && feof(f);
}

int direct_read(struct direct *d, const char *path, struct error *err)
{
    *d = (struct direct){0};
    FILE *f = fopen(path, "r");
    if (!f)
        return errno == ENOENT ? 0 : fail(err, "%s: %s", path, strerror(errno));
    char *line = NULL;
    size_t size = 0;
    int number = 0, status = 0;
    while (!status && getline(&line, &size, f) > 0) {
        number++;
        if (is_part(line, f))
            break;
        if (read_line(d, line))
            status = fail(err, "%s:%d is no visit of a model", path, number);
    }
    for (int i = 0; i < d->n; i++)
        set_reference(&d->models[i], band_all());
    free(line);
    fclose(f);
    return status;
}

void direct_release(struct direct *d)
{
    for (int i = 0; i < d->n; i++) {
        for (int k = 0; k < d->models[i].n; k++)
            free(d->models[i].visits[k].time_ns);
        free(d->models[i].visits);
        free(d->models[i].name);
    }
    free(d->models);
    *d = (struct direct){0};
}

const struct direct_model *direct_find(const struct direct *d, const char *model)
{
    for (int i = 0; i < d->n; i++)
        if (strcmp(d->models[i].name, model) == 0)
            return &d->models[i];
    return NULL;
}

void direct_write_visit(FILE *out, const char *model, const struct direct_visit *v)
{
    fprintf(out, "%s\t%.6f\t%.0f\t%.0f\t", model, v->prepare_s, v->before_ns, v->after_ns);
    for (int i = 0; i < v->n; i++)
        fprintf(out, "%s%.0f", i ? " " : "", v->time_ns[i]);
    fputc('\n', out);
}

static void select_visits(struct direct_model *m, struct band band)
{
    set_reference(m, band);
    if (m->n_alike < 2)
        return;
    int kept = 0;
    for (int i = 0; i < m->n; i++) {
        if (is_within(&m->visits[i], band))
            m->visits[kept++] = m->visits[i];
        else
            free(m->visits[i].time_ns);
    }
    m->n = kept;
}

void direct_select(struct direct *d, struct band band)
{
    for (int i = 0; i < d->n; i++)
        select_visits(&d->models[i], band);
}

// ---- ways ----------------------------------------------------------------------------------

// |error| of what the visits from number `first` on tell of the model, against the other visits.
static double retest_error(const struct direct_model *m, int first, const struct way *w)
{
    struct pool some = {0}, others = {0};
    add_visits(&some, m, first, first + w->visits, w->runs);
    add_visits(&others, m, 0, first, INT32_MAX);
    add_visits(&others, m, first + w->visits, m->n, INT32_MAX);
    double estimate_ns = pool_median(&some);
    return fabs(estimate_ns / pool_median(&others) - 1);
}

double direct_seconds(const struct direct_model *m, int visits, int runs)
{
    double prepare_s = 0;
    for (int i = 0; i < m->n; i++)
        prepare_s += m->visits[i].prepare_s / m->n;
    return visits * (prepare_s + (runs + 1) * m->reference_ns * 1e-9);
}

// Whether visits of the model can be compared with others that were taken alike.
static bool tells(const struct direct_model *m)
{
    return m->n_alike >= 2;
}

// Adds a model's error, meant over all stretches of so many visits.
static void add_error(struct way *w, const struct direct_model *m)
{
    double sum = 0;
    int n = m->n / w->visits;
    for (int i = 0; i < n; i++) {
        double error = retest_error(m, i * w->visits, w);
        sum += error;
        w->worst = fmax(w->worst, error);
    }
    w->mean += sum / n;
}

static struct way try_way(const struct direct_model *const *models, int n, int visits, int runs)
{
    struct way w = {.visits = visits, .runs = runs};
    int n_telling = 0;
    for (int i = 0; i < n; i++) {
        w.seconds += direct_seconds(models[i], visits, runs);
        n_telling += tells(models[i]);
        if (tells(models[i]))
            add_error(&w, models[i]);
    }
    w.mean /= n_telling;
    return w;
}

struct way direct_quickest(const struct direct_model *const *models, int n, double error)
{
    static const int n_runs[] = {1, 2, 3, 5, 10, 20, 50, 100};
    struct way best = {.seconds = INFINITY};
    int most = 0;
    for (int i = 0; i < n; i++)
        if (tells(models[i]))
            most = !most || models[i]->n < most ? models[i]->n : most;
    // half of the visits still leaves others to compare with
    for (int visits = 1; visits <= most / 2; visits *= 2)
        for (size_t k = 0; k < sizeof n_runs / sizeof *n_runs; k++) {
            struct way w = try_way(models, n, visits, n_runs[k]);
            if (w.mean <= error && w.seconds < best.seconds)
                best = w;
        }
    return best;
}
