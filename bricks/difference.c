#include "bricks/difference.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

// What a field of a step is; its number counts those of one kind.
enum field_kind {
    FIELD_op,
    FIELD_src,
    FIELD_attribute, // has a name of its own
    FIELD_inplace,
    FIELD_post,
    FIELD_dst,
    FIELD_out, // the live outputs: of the whole text
    N_FIELD_KINDS
};

struct text_field {
    enum field_kind kind;
    int step, number;
    const char *name, *value; // the name: of attributes
    size_t name_bytes, value_bytes;
};

struct text_fields {
    int n, capacity;
    struct text_field *field;
};

// Where the reader of a text is.
struct place {
    int step;
    int n[N_FIELD_KINDS]; // fields read
    bool arrow_read;
};

static bool is_word(const char *token, size_t n, const char *word)
{
    return strlen(word) == n && memcmp(token, word, n) == 0;
}

static bool is_same_bytes(const char *a, size_t n_a, const char *b, size_t n_b)
{
    return n_a == n_b && (n_a == 0 || memcmp(a, b, n_a) == 0);
}

static struct text_field attribute(const char *token, const char *equals, size_t n)
{
    size_t name_bytes = (size_t)(equals - token);
    return (struct text_field){.kind = FIELD_attribute,
                               .name = token,
                               .name_bytes = name_bytes,
                               .value = equals + 1,
                               .value_bytes = n - name_bytes - 1};
}

static struct text_field field_of(const struct place *p, const char *token, size_t n)
{
    struct text_field f = {.value = token, .value_bytes = n};
    const char *equals;
    if (!p->n[FIELD_op])
        f.kind = FIELD_op;
    else if (p->arrow_read)
        f.kind = FIELD_dst;
    else if (*token == '+')
        f.kind = FIELD_post;
    else if (is_word(token, n, "inplace"))
        f.kind = FIELD_inplace;
    else if ((equals = memchr(token, '=', n)))
        return attribute(token, equals, n);
    else
        f.kind = FIELD_src;
    return f;
}

static void add_field(struct text_fields *fields, struct place *p, struct text_field f)
{
    f.step = p->step;
    f.number = f.kind == FIELD_attribute ? 0 : p->n[f.kind];
    p->n[f.kind]++;
    grow(&fields->field, &fields->capacity, fields->n + 1, sizeof f);
    fields->field[fields->n++] = f;
}

static void add_token(struct text_fields *fields, struct place *p, const char *token, size_t n)
{
    if (is_word(token, n, "|"))
        *p = (struct place){.step = p->step + 1};
    else if (is_word(token, n, ">"))
        p->arrow_read = true;
    else
        add_field(fields, p, field_of(p, token, n));
}

// The live outputs, " | out s0 s1", are one field, and the last one.
static bool is_out(const char *at)
{
    static const char out[] = "| out";
    size_t n = sizeof out - 1;
    return strncmp(at, out, n) == 0 && (at[n] == ' ' || !at[n]);
}

static void add_out(struct text_fields *fields, const char *value)
{
    value += *value == ' ';
    add_field(fields, &(struct place){0},
              (struct text_field){.kind = FIELD_out, .value = value, .value_bytes = strlen(value)});
}

static void read_fields(struct text_fields *fields, const char *text)
{
    struct place place = {0};
    const char *at = text + strcspn(text, " "); // "dlb1"
    fields->n = 0;
    for (at += *at == ' '; *at && !is_out(at);) {
        size_t n = (size_t)(strchrnul(at, ' ') - at);
        add_token(fields, &place, at, n);
        at += n + (at[n] == ' ');
    }
    if (*at)
        add_out(fields, at + strlen("| out"));
}

static bool is_named_alike(const struct text_field *a, const struct text_field *b)
{
    return a->kind == b->kind && a->step == b->step && a->number == b->number &&
           is_same_bytes(a->name, a->name_bytes, b->name, b->name_bytes);
}

// The field that is named like f; most are where f is in its own text.
static const struct text_field *find(const struct text_fields *fields, const struct text_field *f,
                                     int at)
{
    if (at < fields->n && is_named_alike(&fields->field[at], f))
        return &fields->field[at];
    for (int i = 0; i < fields->n; i++)
        if (is_named_alike(&fields->field[i], f))
            return &fields->field[i];
    return NULL;
}

static bool is_same(const struct text_field *a, const struct text_field *b)
{
    return a && b && is_same_bytes(a->value, a->value_bytes, b->value, b->value_bytes);
}

static void add_name(struct str *out, const struct text_field *f)
{
    static const struct {
        const char *name;
        bool numbered;
    } kinds[N_FIELD_KINDS] = {
        [FIELD_op] = {"op", false},           [FIELD_src] = {"src", true},
        [FIELD_inplace] = {"inplace", false}, [FIELD_post] = {"+", true},
        [FIELD_dst] = {"dst", true},          [FIELD_out] = {"out", false},
    };
    if (f->step)
        str_addf(out, "step%d.", f->step);
    if (f->kind == FIELD_attribute)
        str_add_n(out, f->name, f->name_bytes);
    else
        str_add(out, kinds[f->kind].name);
    if (kinds[f->kind].numbered)
        str_addf(out, "%d", f->number);
}

static void add_value(struct str *out, const struct text_field *f)
{
    if (!f)
        str_add(out, "none");
    else if (f->value_bytes == 0)
        str_add(out, "empty");
    else
        str_add_n(out, f->value, f->value_bytes);
}

// Hands on each field in which the two differ, until the visitor has enough; what the first lacks
// comes last, as NULL.
typedef bool field_visit(void *context, const struct text_field *a, const struct text_field *b);

static void compare(const struct text_fields *a, const struct text_fields *b, field_visit *visit,
                    void *context)
{
    for (int i = 0; i < a->n; i++) {
        const struct text_field *f = &a->field[i], *o = find(b, f, i);
        if (!is_same(f, o) && !visit(context, f, o))
            return;
    }
    for (int i = 0; i < b->n; i++)
        if (!find(a, &b->field[i], i) && !visit(context, NULL, &b->field[i]))
            return;
}

static bool print_difference(void *context, const struct text_field *a, const struct text_field *b)
{
    struct str *out = context;
    str_add(out, out->len ? "; " : "");
    add_name(out, a ? a : b);
    str_add(out, " ");
    add_value(out, a);
    str_add(out, ", not ");
    add_value(out, b);
    return true;
}

void text_difference(const char *text, const char *other, struct str *out)
{
    struct str all = STR_INIT;
    struct text_fields a = {0}, b = {0};
    read_fields(&a, text);
    read_fields(&b, other);
    compare(&a, &b, print_difference, &all);
    str_add(out, all.text);
    str_release(&all);
    free(a.field);
    free(b.field);
}

// Weights of what differs: a number, anything else of a field, a field that one lacks, an operator.
static const double per_number = 1, per_part = 4, per_field = 8, per_operator = OPERATOR_DISTANCE;

static bool is_end(const struct text_field *f, const char *at)
{
    return at >= f->value + f->value_bytes;
}

// Digits from `at` on, as a number; *end is behind them, or at if there are none.
static double read_number(const struct text_field *f, const char *at, const char **end)
{
    double value = 0;
    for (; !is_end(f, at) && isdigit((unsigned char)*at); at++)
        value = value * 10 + (*at - '0');
    *end = at;
    return value;
}

// Walks both values side by side; where they stop being alike but for numbers, the rest is a part.
static double value_distance(const struct text_field *a, const struct text_field *b)
{
    const char *p = a->value, *q = b->value;
    double distance = 0;
    while (!is_end(a, p) && !is_end(b, q)) {
        const char *p_end, *q_end;
        double x = read_number(a, p, &p_end), y = read_number(b, q, &q_end);
        if ((p_end == p || q_end == q) && *p != *q)
            return distance + per_part;
        if (p_end == p || q_end == q) {
            p++;
            q++;
            continue;
        }
        distance += x == y ? 0 : per_number + fabs(log2((x + 1) / (y + 1)));
        p = p_end;
        q = q_end;
    }
    return distance + (is_end(a, p) && is_end(b, q) ? 0 : per_part);
}

struct tally {
    double distance, limit;
};

static bool add_distance(void *context, const struct text_field *a, const struct text_field *b)
{
    struct tally *t = context;
    if ((a ? a : b)->kind == FIELD_op)
        t->distance += per_operator;
    else
        t->distance += a && b ? value_distance(a, b) : per_field;
    return t->distance < t->limit;
}

struct text_ruler {
    const char *text;
    size_t head_bytes;           // up to the end of the first operator; 0: there is none
    struct text_fields from, to; // of the text; of the other one, whose room is used again
};

struct text_ruler *text_ruler_new(const char *text)
{
    struct text_ruler *r = xcalloc(1, sizeof *r);
    r->text = text;
    read_fields(&r->from, text);
    const struct text_field *first = r->from.n ? &r->from.field[0] : NULL;
    if (first && first->kind == FIELD_op)
        r->head_bytes = (size_t)(first->value - text) + first->value_bytes;
    return r;
}

void text_ruler_free(struct text_ruler *r)
{
    free(r->from.field);
    free(r->to.field);
    free(r);
}

bool text_same_first_operator(const struct text_ruler *from, const char *to)
{
    size_t n = from->head_bytes;
    return n && strncmp(from->text, to, n) == 0 && (to[n] == ' ' || !to[n]);
}

double text_distance(struct text_ruler *from, const char *to, double limit)
{
    struct tally t = {0, limit};
    read_fields(&from->to, to);
    compare(&from->from, &from->to, add_distance, &t);
    return t.distance;
}
