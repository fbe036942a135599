#include "bricks/machine.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "bricks/canon.h"

enum { MACHINE_FORMAT = 1 };

#define FIELD(name) offsetof(struct machine, name)
#define TEXT(name) #name, FIELD(name), sizeof(((struct machine *)0)->name)

static const struct text_field {
    const char *name;
    size_t offset, size;
    enum { RECORDED, IDENTITY, IDENTITY_IF_ANY } role; // the last came later: may be missing
} texts[] = {
    {TEXT(label), RECORDED}, {TEXT(cpu), IDENTITY},        {TEXT(vendor), IDENTITY},
    {TEXT(isa), IDENTITY},   {TEXT(hypervisor), IDENTITY}, {TEXT(core_kinds), IDENTITY_IF_ANY},
    {TEXT(host), RECORDED},  {TEXT(kernel), RECORDED},
};

// All of the identity.
static const struct int_field {
    const char *name;
    size_t offset;
    int least;
} ints[] = {
    {"family", FIELD(family), 0},         {"model", FIELD(model), 0},
    {"stepping", FIELD(stepping), 0},     {"packages", FIELD(packages), 1},
    {"numa_nodes", FIELD(numa_nodes), 1}, {"cores", FIELD(cores), 1},
    {"threads", FIELD(threads), 1},
};

enum {
    N_TEXTS = sizeof texts / sizeof texts[0],
    N_INTS = sizeof ints / sizeof ints[0],
    MOST = 1 << 20, // of anything that is counted
};

static const char *text_of(const struct machine *m, const struct text_field *f)
{
    return (const char *)m + f->offset;
}

static bool is_identity(const struct machine *m, const struct text_field *f)
{
    return f->role == IDENTITY || (f->role == IDENTITY_IF_ANY && *text_of(m, f));
}

static int int_of(const struct machine *m, const struct int_field *f)
{
    int value;
    memcpy(&value, (const char *)m + f->offset, sizeof value);
    return value;
}

// Words of brand strings that tell no CPU from another.
static bool is_noise(const char *word, size_t n)
{
    static const char *const noise[] = {"r", "tm", "cpu", "processor"};
    for (size_t i = 0; i < sizeof noise / sizeof noise[0]; i++)
        if (strlen(noise[i]) == n && strncasecmp(noise[i], word, n) == 0)
            return true;
    return false;
}

void machine_default_label(const struct machine *m, char *out, size_t size)
{
    struct str slug = STR_INIT;
    for (const char *p = m->cpu; *p && *p != '@';) {
        size_t n = 0;
        while (isalnum((unsigned char)p[n]))
            n++;
        if (n && !is_noise(p, n))
            str_addf(&slug, "%.*s-", (int)n, p);
        p += n ? n : 1;
    }
    for (char *c = slug.text; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    snprintf(out, size, "%.40s%s%dc", slug.len ? slug.text : "cpu-",
             slug.len > 40 && slug.text[39] != '-' ? "-" : "", m->cores);
    str_release(&slug);
}

// As it stands in the key.
static void print_cache(const struct machine *m, int i, struct str *out)
{
    str_addf(out, "%zu,%d,%d", m->caches[i].bytes, m->caches[i].cores, m->caches[i].instances);
}

void machine_key(const struct machine *m, char *out, size_t size)
{
    struct str all = STR_INIT;
    for (int i = 0; i < N_TEXTS; i++)
        if (is_identity(m, &texts[i]))
            str_addf(&all, "%s=%s\n", texts[i].name, text_of(m, &texts[i]));
    for (int i = 0; i < N_INTS; i++)
        str_addf(&all, "%s=%d\n", ints[i].name, int_of(m, &ints[i]));
    for (int i = 0; i < m->n_caches; i++) {
        str_add(&all, "cache=");
        print_cache(m, i, &all);
        str_add(&all, "\n");
    }
    char hash[SIGNATURE_SIZE], slug[MAX_LABEL];
    signature_of(all.text, hash);
    str_release(&all);
    machine_default_label(m, slug, sizeof slug);
    snprintf(out, size, "%s-%.8s", slug, hash);
}

static void add_difference(struct str *out, const char *name, const char *a, const char *b)
{
    if (strcmp(a, b) != 0)
        str_addf(out, "%s%s %s, not %s", out->len ? "; " : "", name, *a ? a : "none",
                 *b ? b : "none");
}

static void add_cache_difference(struct str *out, const struct machine *a, const struct machine *b,
                                 int i)
{
    struct str text_a = STR_INIT, text_b = STR_INIT;
    char name[32];
    snprintf(name, sizeof name, "cache %d", i + 1);
    if (i < a->n_caches)
        print_cache(a, i, &text_a);
    if (i < b->n_caches)
        print_cache(b, i, &text_b);
    add_difference(out, name, text_a.text, text_b.text);
    str_release(&text_a);
    str_release(&text_b);
}

void machine_difference(const struct machine *a, const struct machine *b, struct str *out)
{
    struct str all = STR_INIT;
    for (int i = 0; i < N_TEXTS; i++)
        if (texts[i].role != RECORDED)
            add_difference(&all, texts[i].name, text_of(a, &texts[i]), text_of(b, &texts[i]));
    for (int i = 0; i < N_INTS; i++) {
        char value_a[16], value_b[16];
        snprintf(value_a, sizeof value_a, "%d", int_of(a, &ints[i]));
        snprintf(value_b, sizeof value_b, "%d", int_of(b, &ints[i]));
        add_difference(&all, ints[i].name, value_a, value_b);
    }
    for (int i = 0; i < MAX_CACHE_LEVELS; i++)
        add_cache_difference(&all, a, b, i);
    str_add(out, all.text);
    str_release(&all);
}

// Caches that are a single core's in both.
static bool same_own_caches(const struct machine *a, const struct machine *b)
{
    for (int i = 0; i < a->n_caches; i++)
        if (a->caches[i].cores == 1 && b->caches[i].cores == 1 &&
            a->caches[i].bytes != b->caches[i].bytes)
            return false;
    return true;
}

bool machine_same(const struct machine *a, const struct machine *b)
{
    char key_a[MAX_LABEL + 16], key_b[MAX_LABEL + 16];
    machine_key(a, key_a, sizeof key_a);
    machine_key(b, key_b, sizeof key_b);
    return strcmp(key_a, key_b) == 0;
}

bool machine_is_relative(const struct machine *a, const struct machine *b)
{
    for (int i = 0; i < N_TEXTS; i++)
        if (texts[i].role != RECORDED && strcmp(text_of(a, &texts[i]), text_of(b, &texts[i])) != 0)
            return false;
    return !machine_same(a, b) && !*a->core_kinds && a->family == b->family &&
           a->model == b->model && a->stepping == b->stepping &&
           (int64_t)a->threads * b->cores == (int64_t)b->threads * a->cores &&
           a->n_caches == b->n_caches && same_own_caches(a, b);
}

size_t machine_last_level_cache(const struct machine *m)
{
    if (m->n_caches == 0)
        return 0;
    return m->caches[m->n_caches - 1].bytes * (size_t)m->caches[m->n_caches - 1].instances;
}

json_t *machine_to_json(const struct machine *m)
{
    json_t *json = json_pack("{s:i}", "dlbricks_machine", MACHINE_FORMAT);
    for (int i = 0; i < N_TEXTS; i++)
        json_object_set_new(json, texts[i].name, json_text(text_of(m, &texts[i])));
    for (int i = 0; i < N_INTS; i++)
        json_object_set_new(json, ints[i].name, json_integer(int_of(m, &ints[i])));
    json_t *caches = json_array();
    for (int i = 0; i < m->n_caches; i++)
        json_array_append_new(
            caches, json_pack("{s:I,s:i,s:i}", "bytes", (json_int_t)m->caches[i].bytes, "cores",
                              m->caches[i].cores, "instances", m->caches[i].instances));
    json_object_set_new(json, "caches", caches);
    json_object_set_new(json, "memory_bytes", json_integer((json_int_t)m->memory_bytes));
    return json;
}

static int read_int(const json_t *json, const char *key, int least, int *value, const char *where,
                    struct error *err)
{
    int64_t wide;
    if (json_get_int(json, key, &wide, where, err))
        return -1;
    if (wide < least || wide > MOST)
        return fail(err, "%s: \"%s\" is %lld, not %d to %d", where, key, (long long)wide, least,
                    MOST);
    *value = (int)wide;
    return 0;
}

static int read_caches(struct machine *m, const json_t *json, const char *where, struct error *err)
{
    const json_t *caches = json_get_array(json, "caches", where, err);
    if (!caches)
        return -1;
    if (json_array_size(caches) > MAX_CACHE_LEVELS)
        return fail(err, "%s: more than %d cache levels", where, MAX_CACHE_LEVELS);
    m->n_caches = (int)json_array_size(caches);
    for (int i = 0; i < m->n_caches; i++) {
        const json_t *cache = json_array_get(caches, (size_t)i);
        if (json_get_size(cache, "bytes", &m->caches[i].bytes, where, err) ||
            read_int(cache, "cores", 1, &m->caches[i].cores, where, err) ||
            read_int(cache, "instances", 1, &m->caches[i].instances, where, err))
            return -1;
    }
    return 0;
}

static int read_text(struct machine *m, const struct text_field *f, const json_t *json,
                     const char *where, struct error *err)
{
    if (f->role == IDENTITY_IF_ANY && !json_object_get(json, f->name))
        return 0;
    const char *value = json_get_text(json, f->name, where, err);
    if (!value)
        return -1;
    if (strlen(value) >= f->size)
        return fail(err, "%s: \"%s\" is longer than %zu bytes", where, f->name, f->size - 1);
    printable((char *)m + f->offset, f->size, value);
    return 0;
}

int machine_from_json(struct machine *m, const json_t *json, const char *where, struct error *err)
{
    *m = (struct machine){0};
    int64_t format;
    if (json_get_int(json, "dlbricks_machine", &format, where, err))
        return -1;
    if (format != MACHINE_FORMAT)
        return fail_unsupported(err, "%s: machine format %lld is not known", where,
                                (long long)format);
    for (int i = 0; i < N_TEXTS; i++)
        if (read_text(m, &texts[i], json, where, err))
            return -1;
    for (int i = 0; i < N_INTS; i++) {
        int value = 0;
        if (read_int(json, ints[i].name, ints[i].least, &value, where, err))
            return -1;
        memcpy((char *)m + ints[i].offset, &value, sizeof value);
    }
    if (json_get_size(json, "memory_bytes", &m->memory_bytes, where, err))
        return -1;
    return read_caches(m, json, where, err);
}
