#include "bricks/difference.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct text_field {
    char name[48];
    const char *value;
    size_t n; // bytes of the value
};

struct text_fields {
    int n, capacity;
    struct text_field *field;
};

// Where the reader of a text is.
struct place {
    int step, n_srcs, n_posts, n_dsts;
    bool op_read, arrow_read;
};

static bool is_word(const char *token, size_t n, const char *word)
{
    return strlen(word) == n && memcmp(token, word, n) == 0;
}

// Names the next token, and passes the value's beginning over where the name holds it.
static void name_token(struct place *p, struct text_field *f)
{
    const char *equals = memchr(f->value, '=', f->n);
    char *name = f->name + strlen(f->name);
    size_t room = sizeof f->name - strlen(f->name);
    if (!p->op_read) {
        snprintf(name, room, "op");
        p->op_read = true;
    } else if (p->arrow_read) {
        snprintf(name, room, "dst%d", p->n_dsts++);
    } else if (*f->value == '+') {
        snprintf(name, room, "+%d", p->n_posts++);
    } else if (is_word(f->value, f->n, "inplace")) {
        snprintf(name, room, "inplace");
    } else if (equals) {
        snprintf(name, room, "%.*s", (int)(equals - f->value), f->value);
        f->n -= (size_t)(equals + 1 - f->value);
        f->value = equals + 1;
    } else {
        snprintf(name, room, "src%d", p->n_srcs++);
    }
}

static void add_token(struct text_fields *fields, struct place *p, const char *token, size_t n)
{
    if (is_word(token, n, "|")) {
        *p = (struct place){.step = p->step + 1};
    } else if (is_word(token, n, ">")) {
        p->arrow_read = true;
    } else {
        struct text_field f = {.value = token, .n = n};
        if (p->step)
            snprintf(f.name, sizeof f.name, "step%d.", p->step);
        name_token(p, &f);
        grow(&fields->field, &fields->capacity, fields->n + 1, sizeof f);
        fields->field[fields->n++] = f;
    }
}

// The live outputs, " | out s0 s1", are one field.
static void read_fields(struct text_fields *fields, const char *text)
{
    struct place place = {0};
    const char *out = strstr(text, " | out");
    const char *end = out ? out : text + strlen(text);
    const char *at = text + strcspn(text, " "); // "dlb1"
    *fields = (struct text_fields){0};
    for (at += *at == ' '; at < end;) {
        size_t n = strcspn(at, " ");
        add_token(fields, &place, at, n);
        at += n + (at[n] == ' ');
    }
    if (!out)
        return;
    struct text_field f = {"out", out + strlen(" | out"), strlen(out + strlen(" | out"))};
    f.value += *f.value == ' ';
    f.n = strlen(f.value);
    grow(&fields->field, &fields->capacity, fields->n + 1, sizeof f);
    fields->field[fields->n++] = f;
}

static const struct text_field *find(const struct text_fields *fields, const char *name)
{
    for (int i = 0; i < fields->n; i++)
        if (strcmp(fields->field[i].name, name) == 0)
            return &fields->field[i];
    return NULL;
}

static bool is_same(const struct text_field *a, const struct text_field *b)
{
    return a && b && a->n == b->n && memcmp(a->value, b->value, a->n) == 0;
}

static void add_value(struct str *out, const struct text_field *f)
{
    if (!f)
        str_add(out, "none");
    else if (f->n == 0)
        str_add(out, "empty");
    else
        str_add_n(out, f->value, f->n);
}

// Hands on each field in which the two differ; what the first lacks comes last, as NULL.
typedef void field_visit(void *context, const char *name, const struct text_field *a,
                         const struct text_field *b);
static void compare(const char *text, const char *other, field_visit *visit, void *context)
{
    struct text_fields a, b;
    read_fields(&a, text);
    read_fields(&b, other);
    for (int i = 0; i < a.n; i++) {
        const struct text_field *f = &a.field[i], *o = find(&b, f->name);
        if (!is_same(f, o))
            visit(context, f->name, f, o);
    }
    for (int i = 0; i < b.n; i++)
        if (!find(&a, b.field[i].name))
            visit(context, b.field[i].name, NULL, &b.field[i]);
    free(a.field);
    free(b.field);
}

static void print_difference(void *context, const char *name, const struct text_field *a,
                             const struct text_field *b)
{
    struct str *out = context;
    str_addf(out, "%s%s ", out->len ? "; " : "", name);
    add_value(out, a);
    str_add(out, ", not ");
    add_value(out, b);
}

void text_difference(const char *text, const char *other, struct str *out)
{
    struct str all = STR_INIT;
    compare(text, other, print_difference, &all);
    str_add(out, all.text);
    str_release(&all);
}

// Weights of what differs: a number, anything else of a field, a field that one lacks, an operator.
static const double per_number = 1, per_part = 4, per_field = 8, per_operator = OPERATOR_DISTANCE;

static bool is_end(const struct text_field *f, const char *at)
{
    return at >= f->value + f->n;
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

static void add_distance(void *context, const char *name, const struct text_field *a,
                         const struct text_field *b)
{
    double *distance = context;
    size_t n = strlen(name);
    if (n >= 2 && strcmp(name + n - 2, "op") == 0)
        *distance += per_operator;
    else
        *distance += a && b ? value_distance(a, b) : per_field;
}

bool text_same_first_operator(const char *text, const char *other)
{
    const char *a = text + strcspn(text, " "), *b = other + strcspn(other, " "); // "dlb1"
    size_t n = strcspn(a + (*a == ' '), " ") + (*a == ' ');
    return n && strncmp(a, b, n) == 0 && (b[n] == ' ' || b[n] == '\0');
}

double text_distance(const char *text, const char *other)
{
    double distance = 0;
    compare(text, other, add_distance, &distance);
    return distance;
}
