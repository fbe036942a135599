// Reference of Einsum: for every element of dst the sum, over all dimensions that dst lacks, of
// the products of the sources.
#include <stdlib.h>

#include "reference/kernels.h"

// A dimension's label: a letter's place in the alphabet, or one of those that an ellipsis stands
// for, counted from its end.
enum { N_LETTERS = 52, N_LABELS = N_LETTERS + MAX_RANK };

struct term {
    int n;
    int labels[MAX_RANK];
};

struct einsum {
    int n_terms;
    struct term *terms, dst; // of every source
    int64_t sizes[N_LABELS]; // 0: a label that does not occur
    int n_summed, summed[N_LABELS];
};

static int letter(int64_t c)
{
    if (c >= 'A' && c <= 'Z')
        return (int)(c - 'A');
    return c >= 'a' && c <= 'z' ? (int)(c - 'a') + 26 : -1;
}

static int count_letters(const int64_t *text, int n)
{
    int count = 0;
    for (int i = 0; i < n; i++)
        count += letter(text[i]) >= 0;
    return count;
}

static void add_label(struct term *t, int label)
{
    if (t->n < MAX_RANK)
        t->labels[t->n++] = label;
}

static void add_ellipsis(struct term *t, int count)
{
    for (int i = count; i > 0; i--)
        add_label(t, N_LETTERS + i - 1);
}

// The text of one term, as "b...ij" of a tensor of that rank.
static struct term read_term(const int64_t *text, int n, int rank)
{
    struct term t = {0};
    int dots = 0;
    for (int i = 0; i < n; i++) {
        if (letter(text[i]) >= 0)
            add_label(&t, letter(text[i]));
        else if (text[i] == '.' && dots++ == 0)
            add_ellipsis(&t, rank - count_letters(text, n));
    }
    return t;
}

// Where the term that begins at i ends.
static int term_end(const int64_t *text, int n, int i)
{
    while (i < n && text[i] != ',' && text[i] != '-')
        i++;
    return i;
}

// Without an arrow dst has the dimensions of the ellipses, then all letters that occur once.
static struct term implied(const struct einsum *e)
{
    struct term t = {0};
    int seen[N_LABELS] = {0}, n_dots = 0;
    for (int k = 0; k < e->n_terms; k++)
        for (int d = 0; d < e->terms[k].n; d++)
            seen[e->terms[k].labels[d]]++;
    while (n_dots < MAX_RANK && seen[N_LETTERS + n_dots])
        n_dots++;
    add_ellipsis(&t, n_dots);
    for (int label = 0; label < N_LETTERS; label++)
        if (seen[label] == 1)
            add_label(&t, label);
    return t;
}

static void take_sizes(struct einsum *e, const struct term *t, const struct tensor *tensor)
{
    for (int d = 0; d < t->n && d < tensor->rank; d++) {
        int64_t *size = &e->sizes[t->labels[d]];
        *size = *size > tensor->dims[d] ? *size : tensor->dims[d];
    }
}

static void find_summed(struct einsum *e)
{
    bool kept[N_LABELS] = {false};
    for (int d = 0; d < e->dst.n; d++)
        kept[e->dst.labels[d]] = true;
    for (int label = 0; label < N_LABELS; label++)
        if (e->sizes[label] > 0 && !kept[label])
            e->summed[e->n_summed++] = label;
}

static struct einsum einsum_of(const struct reference_step *s)
{
    int n, at = 0;
    const int64_t *text = node_ints(s->node, ATTR_equation, &n);
    struct einsum e = {.n_terms = s->n_src};
    e.terms = xcalloc((size_t)s->n_src, sizeof *e.terms);
    for (int k = 0; k < s->n_src; k++) {
        int end = term_end(text, n, at);
        e.terms[k] = read_term(text + at, end - at, s->src[k].t->rank);
        take_sizes(&e, &e.terms[k], s->src[k].t);
        at = end + (end < n && text[end] == ',');
    }
    if (at + 1 < n && text[at] == '-') // "->"
        e.dst = read_term(text + at + 2, n - at - 2, s->dst->rank);
    else
        e.dst = implied(&e);
    find_summed(&e);
    return e;
}

// The element of source k at the values x of all labels; a dimension of size 1 is repeated.
static long double factor(const struct operand *o, const struct term *t, const int64_t *x)
{
    int64_t offset = 0;
    for (int d = 0; d < t->n; d++)
        if (o->t->dims[d] != 1)
            offset += x[t->labels[d]] * o->strides[d];
    return operand_read(o, offset);
}

// The next values of the summed labels; false after the last ones.
static bool advance(const struct einsum *e, int64_t *x)
{
    for (int i = e->n_summed - 1; i >= 0; i--) {
        if (++x[e->summed[i]] < e->sizes[e->summed[i]])
            return true;
        x[e->summed[i]] = 0;
    }
    return false;
}

static long double einsum_at(const struct reference_step *s, const int64_t *at, const void *context)
{
    const struct einsum *e = context;
    int64_t x[N_LABELS] = {0};
    long double sum = 0;
    for (int d = 0; d < e->dst.n; d++)
        x[e->dst.labels[d]] = at[d];
    do {
        long double product = 1;
        for (int k = 0; k < e->n_terms; k++)
            product *= factor(&s->src[k], &e->terms[k], x);
        sum += product;
    } while (advance(e, x));
    return sum;
}

void reference_einsum(const struct reference_step *s)
{
    struct einsum e = einsum_of(s);
    each_element(s, einsum_at, &e);
    free(e.terms);
}
