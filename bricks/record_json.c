// Records as JSON: bench-cache/README.md documents each field.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "bricks/record.h"

// Far beyond what a run takes: what is larger is damage.
enum { MAX_SERIES = 256, MAX_SAMPLES = 1000000 };
static const double max_time_ns = 1e14;   // a day
static const double max_footprint = 1e15; // bytes

static void add_string(struct str *out, const char *name, const char *text)
{
    json_t *json = json_text(text);
    char *quoted = json_dumps(json, JSON_ENCODE_ANY);
    str_addf(out, "\"%s\":%s,\n", name, quoted);
    free(quoted);
    json_decref(json);
}

// In tenths, printed as integers so that no locale changes the decimal point.
static void add_tenths(struct str *out, int i, double value)
{
    long long tenths = llrint(value * 10);
    str_add(out, i ? "," : "");
    str_addf(out, tenths % 10 ? "%lld.%lld" : "%lld", tenths / 10, tenths % 10);
}

// Marks as one letter per sample: a for none, then in the order of their numbers.
static void add_series(struct str *out, const struct series *s)
{
    str_addf(out, "{\"footprint_bytes\":%.0f,\n \"times_ns\":[", s->footprint);
    for (int i = 0; i < s->n; i++)
        add_tenths(out, i, s->time_ns[i]);
    str_add(out, "],\n \"handoffs_ns\":[");
    for (int i = 0; i < s->n; i++)
        add_tenths(out, i, rint(s->conditions[i].handoff_ns));
    str_add(out, "],\n \"cycles_ps\":[");
    for (int i = 0; i < s->n; i++)
        add_tenths(out, i, s->conditions[i].cycle_ns * 1e3);
    str_add(out, "],\n \"visits\":[");
    for (int i = 0; i < s->n; i++)
        str_addf(out, "%s%d", i ? "," : "", s->conditions[i].visit);
    str_add(out, "],\n \"marks\":\"");
    for (int i = 0; i < s->n; i++)
        str_addf(out, "%c", 'a' + s->conditions[i].marks);
    str_add(out, "\"}");
}

static void add_tried(struct str *out, const struct tried *t)
{
    str_add(out, "{");
    add_string(out, "implementation", t->implementation);
    str_addf(out, " \"footprint_bytes\":%.0f, \"time_ns\":", t->footprint);
    add_tenths(out, 0, t->time_ns);
    str_addf(out, ", \"samples\":%d}", t->n_samples);
}

static void add_all_tried(struct str *out, const struct record *r)
{
    for (int i = 0; i < r->n_tried; i++) {
        str_add(out, i ? ",\n" : "\"tried\":[\n");
        add_tried(out, &r->tried[i]);
    }
    str_add(out, r->n_tried ? "],\n" : "");
}

char *record_to_text(const struct record *r)
{
    struct str out = STR_INIT;
    str_addf(&out, "{\"dlbricks_record\":%d,\n", r->format);
    add_string(&out, "text", r->text);
    add_string(&out, "signature", r->signature);
    add_string(&out, "run", r->run);
    add_string(&out, "host", r->host);
    str_addf(&out, "\"unix_time\":%lld,\n", (long long)r->unix_time);
    add_string(&out, "implementation", r->implementation);
    add_string(&out, "fitness", r->fitness);
    add_all_tried(&out, r);
    str_addf(&out, "\"loop_version\":%d,\n\"series\":[", r->loop_version);
    for (int i = 0; i < r->n_series; i++) {
        str_add(&out, i ? ",\n" : "\n");
        add_series(&out, &r->series[i]);
    }
    str_add(&out, "\n]}\n");
    return str_detach(&out);
}

static int read_string(const json_t *json, const char *key, char *out, size_t size,
                       const char *where, struct error *err)
{
    const char *text = json_get_text(json, key, where, err);
    if (!text)
        return -1;
    if (strlen(text) >= size)
        return fail(err, "%s: \"%s\" is longer than %zu bytes", where, key, size - 1);
    printable(out, size, text);
    return 0;
}

// The run id becomes part of a file's name.
static int check_run(const char *run, const char *where, struct error *err)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    if (!*run || run[strspn(run, allowed)])
        return fail(err, "%s: \"run\" is not made of letters, digits, '-' and '_'", where);
    return 0;
}

// Member `key`: as many numbers from 0 to `most` as the series has samples; NULL if it has not.
static const json_t *read_numbers(const json_t *json, const char *key, size_t n, double most,
                                  const char *where, struct error *err)
{
    const json_t *numbers = json_get_array(json, key, where, err);
    if (!numbers)
        return NULL;
    if (json_array_size(numbers) != n)
        return fail_null(err, "%s: \"%s\" has %zu elements for %zu samples", where, key,
                         json_array_size(numbers), n);
    for (size_t i = 0; i < n; i++) {
        const json_t *number = json_array_get(numbers, i);
        double value = json_number_value(number);
        if (!json_is_number(number) || !(value >= 0 && value <= most))
            return fail_null(err, "%s: element %zu of \"%s\" is not a number from 0 to %g", where,
                             i, key, most);
    }
    return numbers;
}

static const char *read_marks(const json_t *json, size_t n, const char *where, struct error *err)
{
    static const char letters[] = "abcdefgh"; // 1 << N_CONDITION_MARKS of them
    const char *marks = json_get_text(json, "marks", where, err);
    if (marks && (strlen(marks) != n || marks[strspn(marks, letters)]))
        return fail_null(err, "%s: \"marks\" is not one of %s for each of %zu samples", where,
                         letters, n);
    return marks;
}

static int read_samples(struct series *s, const json_t *json, const char *where, struct error *err)
{
    size_t n = json_array_size(json_object_get(json, "times_ns"));
    if (n < 1 || n > MAX_SAMPLES)
        return fail(err, "%s: %zu samples, not 1 to %d", where, n, MAX_SAMPLES);
    const json_t *times = read_numbers(json, "times_ns", n, max_time_ns, where, err);
    const json_t *handoffs = read_numbers(json, "handoffs_ns", n, max_time_ns, where, err);
    const json_t *cycles = read_numbers(json, "cycles_ps", n, max_time_ns, where, err);
    const json_t *visits = read_numbers(json, "visits", n, MAX_SAMPLES, where, err);
    const char *marks = read_marks(json, n, where, err);
    if (!times || !handoffs || !cycles || !visits || !marks)
        return -1;
    for (size_t i = 0; i < n; i++)
        series_add(s, json_number_value(json_array_get(times, i)),
                   (struct condition){
                       .handoff_ns = (float)json_number_value(json_array_get(handoffs, i)),
                       .cycle_ns = (float)(json_number_value(json_array_get(cycles, i)) * 1e-3),
                       .marks = marks[i] - 'a',
                       .visit = (int)json_number_value(json_array_get(visits, i)),
                   });
    return 0;
}

static int read_series(struct record *r, const json_t *json, const char *where, struct error *err)
{
    double footprint;
    if (json_get_real(json, "footprint_bytes", &footprint, where, err))
        return -1;
    if (!(footprint >= 0 && footprint <= max_footprint))
        return fail(err, "%s: \"footprint_bytes\" is not a number from 0 to %g", where,
                    max_footprint);
    if (record_find(r, footprint))
        return fail(err, "%s: two series have footprint %.0f", where, footprint);
    return read_samples(record_series(r, footprint), json, where, err);
}

static int read_all_series(struct record *r, const json_t *json, const char *where,
                           struct error *err)
{
    const json_t *all = json_get_array(json, "series", where, err);
    if (!all)
        return -1;
    size_t n = json_array_size(all);
    if (n < 1 || n > MAX_SERIES)
        return fail(err, "%s: %zu series, not 1 to %d", where, n, MAX_SERIES);
    for (size_t i = 0; i < n; i++)
        if (read_series(r, json_array_get(all, i), where, err))
            return -1;
    return 0;
}

static int read_one_tried(struct tried *t, const json_t *json, const char *where, struct error *err)
{
    int64_t n;
    if (read_string(json, "implementation", t->implementation, sizeof t->implementation, where,
                    err) ||
        json_get_real(json, "footprint_bytes", &t->footprint, where, err) ||
        json_get_real(json, "time_ns", &t->time_ns, where, err) ||
        json_get_int(json, "samples", &n, where, err))
        return -1;
    if (!(t->footprint >= 0 && t->footprint <= max_footprint) ||
        !(t->time_ns >= 0 && t->time_ns <= max_time_ns) || n < 1 || n > MAX_SAMPLES)
        return fail(err, "%s: what was tried with %s is out of range", where, t->implementation);
    t->n_samples = (int)n;
    return 0;
}

// It may be missing: nothing was tried.
static int read_tried(struct record *r, const json_t *json, const char *where, struct error *err)
{
    if (!json_object_get(json, "tried"))
        return 0;
    const json_t *tried = json_get_array(json, "tried", where, err);
    if (!tried)
        return -1;
    if (json_array_size(tried) > MAX_TRIED)
        return fail(err, "%s: more than %d implementations were tried", where, MAX_TRIED);
    for (size_t i = 0; i < json_array_size(tried); i++)
        if (read_one_tried(&r->tried[r->n_tried++], json_array_get(tried, i), where, err))
            return -1;
    return 0;
}

static int read_head(struct record *r, const json_t *json, const char *where, struct error *err)
{
    int64_t format, loop_version;
    char signature[SIGNATURE_SIZE];
    if (json_get_int(json, "dlbricks_record", &format, where, err))
        return -1;
    if (format < OLDEST_RECORD_FORMAT || format > RECORD_FORMAT)
        return fail_unsupported(err, "%s: record format %lld is not known", where,
                                (long long)format);
    const char *text = json_get_text(json, "text", where, err);
    if (!text)
        return -1;
    record_init(r, text);
    r->format = (int)format;
    if (read_string(json, "signature", signature, sizeof signature, where, err))
        return -1;
    if (strcmp(signature, r->signature) != 0)
        return fail(err, "%s: \"signature\" is not that of \"text\"", where);
    if (json_get_int(json, "unix_time", &r->unix_time, where, err) ||
        json_get_int(json, "loop_version", &loop_version, where, err))
        return -1;
    if (loop_version < 0 || loop_version > INT32_MAX)
        return fail(err, "%s: \"loop_version\" is %lld", where, (long long)loop_version);
    r->loop_version = (int)loop_version;
    return 0;
}

static int read_record(struct record *r, const json_t *json, const char *where, struct error *err)
{
    if (read_head(r, json, where, err) ||
        read_string(json, "run", r->run, sizeof r->run, where, err) ||
        check_run(r->run, where, err) ||
        read_string(json, "host", r->host, sizeof r->host, where, err) ||
        read_string(json, "implementation", r->implementation, sizeof r->implementation, where,
                    err))
        return -1;
    bool may_lack_fitness = r->format == 3;
    if (!(may_lack_fitness && !json_object_get(json, "fitness")) &&
        read_string(json, "fitness", r->fitness, sizeof r->fitness, where, err))
        return -1;
    return read_tried(r, json, where, err) || read_all_series(r, json, where, err) ? -1 : 0;
}

int record_from_json(struct record *r, const json_t *json, const char *where, struct error *err)
{
    *r = (struct record){0};
    int status = read_record(r, json, where, err);
    if (status)
        record_release(r);
    return status;
}

int record_from_text(struct record *r, const char *text, size_t bytes, const char *where,
                     struct error *err)
{
    *r = (struct record){0};
    json_t *json = json_read_text(text, bytes, where, err);
    if (!json)
        return -1;
    int status = record_from_json(r, json, where, err);
    json_decref(json);
    return status;
}
