// Einsum: the equation in its normal form, and the shape that it gives. In the normal form every
// letter was renamed by its first place (a, b, ...), the dimensions of an ellipsis are letters too,
// and the result is spelled out: "ij,jk" becomes "ab,bc->ac".
#include <ctype.h>
#include <string.h>

#include "decompose/passes.h"

enum { MAX_LETTERS = 26, MAX_EQUATION = 64, MAX_NORMAL = 128, ELLIPSIS = '.' };

struct einsum {
    int n, at;
    char text[MAX_EQUATION]; // as given, without spaces, an ellipsis as one '.'
    int n_out;
    int64_t out[MAX_NORMAL];
    int n_letters;
    char given[MAX_LETTERS]; // letter of the text; '0' + i: dimension i of the ellipsis
    int seen[MAX_LETTERS];   // how often it occurs on the left
    int64_t dims[MAX_LETTERS];
    int ellipsis; // dimensions that it stands for
};

static int read_text(struct einsum *e, const struct node *n)
{
    int count;
    const int64_t *given = node_ints(n, ATTR_equation, &count);
    for (int i = 0; i < count; i++) {
        bool dots = i + 2 < count && given[i] == '.' && given[i + 1] == '.' && given[i + 2] == '.';
        if (given[i] == ' ')
            continue;
        bool known = dots || (given[i] > 0 && given[i] < 128 && strchr(",->", (char)given[i])) ||
                     (given[i] > 0 && given[i] < 128 && isalpha((int)given[i]));
        if (!known || e->n == MAX_EQUATION)
            return -1;
        e->text[e->n++] = dots ? ELLIPSIS : (char)given[i];
        i += dots ? 2 : 0;
    }
    return 0;
}

static bool next_is(const struct einsum *e, char c)
{
    return e->at < e->n && e->text[e->at] == c;
}

// Number of a letter, or -1 if it is new and there is no room or `add` is false.
static int letter(struct einsum *e, char given, bool add)
{
    for (int i = 0; i < e->n_letters; i++)
        if (e->given[i] == given)
            return i;
    if (!add || e->n_letters == MAX_LETTERS)
        return -1;
    e->given[e->n_letters] = given;
    e->dims[e->n_letters] = 1;
    return e->n_letters++;
}

static int put(struct einsum *e, int c)
{
    if (e->n_out == MAX_NORMAL)
        return -1;
    e->out[e->n_out++] = c;
    return 0;
}

static int put_source_letter(struct einsum *e, char given, int64_t dim)
{
    int k = letter(e, given, true);
    if (k < 0 || (e->dims[k] != dim && e->dims[k] != 1 && dim != 1))
        return -1;
    e->dims[k] = dim > e->dims[k] ? dim : e->dims[k];
    e->seen[k]++;
    return put(e, 'a' + k);
}

// Letters that the operand at e->at has; -1 if an ellipsis is among them twice.
static int count_letters(const struct einsum *e, bool *has_ellipsis)
{
    int letters = 0, dots = 0;
    for (int i = e->at; i < e->n && e->text[i] != ',' && e->text[i] != '-'; i++) {
        dots += e->text[i] == ELLIPSIS;
        letters += e->text[i] != ELLIPSIS;
    }
    *has_ellipsis = dots == 1;
    return dots > 1 ? -1 : letters;
}

// The dimensions of an ellipsis are counted from its end, as they are broadcast.
static int read_operand(struct einsum *e, const struct tensor *t)
{
    bool has_ellipsis;
    int letters = count_letters(e, &has_ellipsis), dots = t->rank - letters;
    if (letters < 0 || dots < 0 || (dots > 0 && !has_ellipsis))
        return -1;
    e->ellipsis = dots > e->ellipsis ? dots : e->ellipsis;
    int dim = 0;
    for (; e->at < e->n && e->text[e->at] != ',' && e->text[e->at] != '-'; e->at++) {
        bool ellipsis = e->text[e->at] == ELLIPSIS;
        for (int i = ellipsis ? dots : 1; i > 0; i--) {
            char given = ellipsis ? (char)('0' + i) : e->text[e->at];
            if (put_source_letter(e, given, t->dims[dim++]))
                return -1;
        }
    }
    return 0;
}

static int put_result_letter(struct einsum *e, char given, struct tensor *t)
{
    int k = letter(e, given, false);
    if (k < 0 || t->rank == MAX_RANK)
        return -1;
    t->dims[t->rank++] = e->dims[k];
    return put(e, 'a' + k);
}

static int put_result_ellipsis(struct einsum *e, struct tensor *t)
{
    for (int i = e->ellipsis; i > 0; i--)
        if (put_result_letter(e, (char)('0' + i), t))
            return -1;
    return 0;
}

// Without "->": the ellipsis, then the letters that occur once, in the order of the alphabet.
static int implied_result(struct einsum *e, struct tensor *t)
{
    if (put_result_ellipsis(e, t))
        return -1;
    for (int c = 'A'; c <= 'z'; c++) {
        int k = letter(e, (char)c, false);
        if (k >= 0 && e->seen[k] == 1 && put_result_letter(e, (char)c, t))
            return -1;
    }
    return 0;
}

static int given_result(struct einsum *e, struct tensor *t)
{
    for (e->at += 2; e->at < e->n; e->at++) {
        bool ellipsis = e->text[e->at] == ELLIPSIS;
        if (ellipsis ? put_result_ellipsis(e, t) : put_result_letter(e, e->text[e->at], t))
            return -1;
    }
    return 0;
}

static int read_equation(struct einsum *e, const struct graph *g, const struct node *n,
                         struct tensor *t)
{
    if (read_text(e, n))
        return -1;
    for (int k = 0; k < n->n_src; k++) {
        if (k > 0 && (!next_is(e, ',') || put(e, ',')))
            return -1;
        e->at += k > 0;
        if (read_operand(e, node_src_tensor(g, n, k)))
            return -1;
    }
    if (put(e, '-') || put(e, '>'))
        return -1;
    if (e->at == e->n)
        return implied_result(e, t);
    bool arrow = e->at + 1 < e->n && e->text[e->at] == '-' && e->text[e->at + 1] == '>';
    return arrow ? given_result(e, t) : -1;
}

int infer_einsum(struct graph *g, struct node *n, struct error *err)
{
    struct einsum e = {0};
    struct tensor t = {.type = node_src_tensor(g, n, 0)->type};
    if (read_equation(&e, g, n, &t))
        return node_fail(g, n, err, "its equation does not fit its sources or is too long");
    node_set_ints(g, n, ATTR_equation, e.n_out, e.out);
    return node_set_dst(g, n, 0, &t, err);
}
