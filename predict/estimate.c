#include "predict/estimate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "predict/teacher.h"

// The places of a large cache that are asked: those that are most like this one.
enum { MAX_SOURCES = 8, MAX_TEACHERS = MAX_SOURCES + OTHER_TEACHERS };
// Errors are found in time that grows with the square of the lessons, and change little from here.
enum { ENOUGH_LESSONS = 1000 };
// Errors have tails: their 80 % quantile in standard deviations of a normal distribution. Whether
// intervals hold is shown by tests/perf/learning_curve.sh, as for the constants below.
static const double error_quantile = 0.8, error_sigmas = 1.2816;
// Lessons are what is timed first: the large bricks. Where few of a kind are near, the error is
// larger than theirs; and a kind of brick that is faster here than thought is so in each brick. So
// that 95 % intervals hold nine of ten predictions from all records (tests/perf/learning_curve.sh).
static const double lone_error = 2, lone_weight = 0.25, shared_error = 0.6;

struct estimate {
    double log_ns, sigma;          // both logarithms
    const struct teacher *teacher; // NULL: none can tell
};

// Models ask for the same bricks again and again, most at the same footprint.
struct answer {
    double point; // 0: none yet
    struct estimate estimate;
};

struct estimator {
    struct school school;
    int n_teachers;
    struct teacher teachers[MAX_TEACHERS];
    struct answer *answers; // per brick: the last one
};

struct text_number {
    const char *text;
    int of;
};

static int compare_texts(const void *a, const void *b)
{
    return strcmp(((const struct text_number *)a)->text, ((const struct text_number *)b)->text);
}

// number[i] receives the same for equal texts; sorts the list.
static int *number_texts(struct text_number *list, int n)
{
    int *number = xcalloc((size_t)n + 1, sizeof *number);
    qsort(list, (size_t)n, sizeof *list, compare_texts);
    for (int i = 0; i < n; i++) {
        bool same = i && strcmp(list[i].text, list[i - 1].text) == 0;
        number[list[i].of] = same ? number[list[i - 1].of] : i;
    }
    return number;
}

static void init_kinds(struct school *s)
{
    int n = s->suite->n_bricks;
    struct text_number *list = xcalloc((size_t)n + 1, sizeof *list);
    s->kinds = xcalloc((size_t)n + 1, sizeof *s->kinds);
    for (int i = 0; i < n; i++) {
        kind_init(&s->kinds[i], s->suite->bricks[i]);
        list[i] = (struct text_number){s->kinds[i].name, i};
    }
    s->class_of = number_texts(list, n);
    for (int i = 0; i < n; i++)
        list[i] = (struct text_number){s->kinds[i].family, i};
    s->family_of = number_texts(list, n);
    free(list);
}

static bool is_lesson(const struct school *s, int brick, double point)
{
    for (int i = s->n_lessons - 1; i >= 0 && s->lessons[i].brick == brick; i--)
        if (s->lessons[i].point == point)
            return true;
    return false;
}

static void add_lesson(struct school *s, const struct timings *t, int brick, double footprint)
{
    struct brick_time time = {0};
    if (footprint > 0 && !is_lesson(s, brick, footprint))
        time = brick_time(t, brick, footprint);
    brick_time_release(&time);
    if (!time.known)
        return;
    grow(&s->lessons, &s->lessons_capacity, s->n_lessons + 1, sizeof *s->lessons);
    s->lessons[s->n_lessons++] =
        (struct lesson){brick, footprint, log(time.time_ns), time.stale_from};
}

static void init_lessons(struct school *s, const struct timings *t)
{
    for (int i = 0; i < t->suite->n_bricks; i++)
        for (int k = 0; k < t->n_records[i]; k++)
            for (int j = 0; j < t->records[i][k].n_series; j++)
                add_lesson(s, t, i, t->records[i][k].series[j].footprint);
}

// Fields in which two places differ; the machine counts most, another size of it half of that.
static int unlikeness(const struct cache_place *a, const struct cache_place *b)
{
    int n = 0;
    if (machine_is_relative(&a->machine, &b->machine))
        n = N_ENVIRONMENT_FIELDS / 2;
    else if (!machine_same(&a->machine, &b->machine))
        n = N_ENVIRONMENT_FIELDS;
    for (int f = 0; f < N_ENVIRONMENT_FIELDS; f++)
        n += environment_field_keyed(f) &&
             strcmp(a->environment.value[f], b->environment.value[f]) != 0;
    return n;
}

// The next of the places by unlikeness behind number `last` (NONE: the first), or NONE. Places that
// are alike follow in their order.
static int next_source(const struct cache_place *place, int n, const struct cache_place *places,
                       int last)
{
    int next = NONE, best = 0, least = last == NONE ? 0 : unlikeness(place, &places[last]);
    for (int i = 0; i < n; i++) {
        int by = unlikeness(place, &places[i]);
        bool behind = by > least || (by == least && i > last);
        if (by > 0 && behind && (next == NONE || by < best)) {
            next = i;
            best = by;
        }
    }
    return next;
}

static void init_sources(struct school *s, int n, const struct cache_place *places)
{
    s->sources = xcalloc(MAX_SOURCES, sizeof *s->sources);
    int next = next_source(s->place, n, places, NONE);
    for (; next != NONE && s->n_sources < MAX_SOURCES;
         next = next_source(s->place, n, places, next)) {
        struct source *from = &s->sources[s->n_sources++];
        from->place = &places[next];
        timings_load(&from->timings, s->suite, &places[next]);
    }
}

static struct smooth_point point_of(const struct school *s, int brick, double point, double log_ns)
{
    const struct kind *k = &s->kinds[brick];
    return (struct smooth_point){
        .class = s->class_of[brick],
        .group = brick,
        .x = {log2(k->flops + 1), log2(k->bytes + 1), log2(k->parameters + 256), log2(point),
              log_ns * M_LOG2E},
    };
}

// What the teacher's guesses lack on the lessons.
static int correct(const struct school *s, struct teacher *t, struct smooth_point *points)
{
    int n = 0, step = 1 + s->n_lessons / ENOUGH_LESSONS;
    for (int i = 0; i < s->n_lessons; i += step) {
        const struct lesson *l = &s->lessons[i];
        struct guess g = t->guess(s, t, l->brick, l->point, l);
        if (isnan(g.log_ns))
            continue;
        points[n] = point_of(s, l->brick, l->point, g.log_ns);
        points[n++].y = l->log_ns - g.log_ns;
    }
    smooth_init(&t->corrections, n, points);
    return n;
}

static void train(const struct school *s, struct teacher *t)
{
    struct smooth_point *points = xcalloc((size_t)s->n_lessons + 1, sizeof *points);
    int n = correct(s, t, points), n_errors = 0;
    for (int i = 0; i < n; i++) {
        double expected = smooth_at(&t->corrections, &points[i], 0.5);
        if (isnan(expected))
            continue;
        points[n_errors] = points[i];
        points[n_errors++].y = fabs(points[i].y - expected);
    }
    smooth_init(&t->errors, n_errors, points);
    free(points);
}

struct estimator *estimator_new(const struct timings *t, const struct cache_place *place,
                                int n_places, const struct cache_place *places)
{
    struct estimator *e = xcalloc(1, sizeof *e);
    e->school = (struct school){.suite = t->suite, .place = place, .far = t->far};
    init_kinds(&e->school);
    init_lessons(&e->school, t);
    init_sources(&e->school, n_places, places);
    e->answers = xcalloc((size_t)t->suite->n_bricks + 1, sizeof *e->answers);
    e->n_teachers = teachers_find(&e->school, e->teachers, MAX_TEACHERS);
    for (int i = 0; i < e->n_teachers; i++)
        train(&e->school, &e->teachers[i]);
    return e;
}

void estimator_free(struct estimator *e)
{
    if (!e)
        return;
    for (int i = 0; i < e->n_teachers; i++) {
        smooth_release(&e->teachers[i].corrections);
        smooth_release(&e->teachers[i].errors);
    }
    for (int i = 0; i < e->school.suite->n_bricks; i++)
        kind_release(&e->school.kinds[i]);
    for (int i = 0; i < e->school.n_sources; i++)
        timings_release(&e->school.sources[i].timings);
    free(e->answers);
    free(e->school.kinds);
    free(e->school.class_of);
    free(e->school.family_of);
    free(e->school.lessons);
    free(e->school.sources);
    free(e);
}

// One teacher's estimate; false if it has none or its error is not known.
static bool ask(const struct school *s, const struct teacher *t, int brick, double point,
                struct estimate *out)
{
    struct guess g = t->guess(s, t, brick, point, NULL);
    if (isnan(g.log_ns))
        return false;
    struct smooth_point at = point_of(s, brick, point, g.log_ns);
    at.group = NONE;                                     // nothing of this brick is to be left out
    *out = (struct estimate){g.log_ns, g.spread / 4, t}; // two sigmas reach from the middle to both
    if (t->errors.n >= MIN_LESSONS) {
        out->log_ns += smooth_at(&t->corrections, &at, 0.5);
        out->sigma = smooth_at(&t->errors, &at, error_quantile) / error_sigmas;
        out->sigma *= sqrt(1 + lone_error / (lone_weight + smooth_support(&t->errors, &at)));
    }
    return t->errors.n >= MIN_LESSONS || g.spread > 0;
}

// The estimate of the teacher whose error is the smallest.
static struct estimate ask_all(const struct estimator *e, int brick, double point)
{
    struct estimate best = {0};
    for (int i = 0; i < e->n_teachers; i++) {
        struct estimate one;
        if (ask(&e->school, &e->teachers[i], brick, point, &one) &&
            (!best.teacher || one.sigma < best.sigma))
            best = one;
    }
    return best;
}

struct brick_time estimator_time(const struct estimator *e, int brick, double footprint)
{
    double point = footprint_point(footprint, e->school.far);
    struct answer *answer = &e->answers[brick];
    if (answer->point != point)
        *answer = (struct answer){point, ask_all(e, brick, point)};
    struct estimate best = answer->estimate;
    if (!best.teacher)
        return (struct brick_time){0};
    double time_ns = exp(best.log_ns);
    struct samples alone = {1, xmalloc(sizeof(double))};
    alone.time_ns[0] = time_ns;
    return (struct brick_time){
        .known = true,
        .time_ns = time_ns,
        .samples = alone,
        .sigma_ns = best.sigma * time_ns,
        .estimated_from = best.teacher->name,
    };
}

bool estimator_schooling(const struct estimator *e, int i, struct schooling *out)
{
    if (i >= e->n_teachers)
        return false;
    const struct teacher *t = &e->teachers[i];
    int n = t->errors.n;
    double middle = n ? t->errors.points[n / 2].y : NAN;
    *out = (struct schooling){t->name, n, expm1(middle)};
    return true;
}

double estimates_variance(int n, const double *sigma_ns)
{
    double all = 0, squares = 0;
    for (int i = 0; i < n; i++) {
        all += sigma_ns[i];
        squares += sigma_ns[i] * sigma_ns[i];
    }
    return shared_error * all * all + (1 - shared_error) * squares;
}
