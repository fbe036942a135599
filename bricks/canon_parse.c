// Reads canonical text. The text may come from anywhere: every number, name and reference is
// checked before it is used, and all sizes are bounded by the text's own length.
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bricks/canon.h"
#include "bricks/step_check.h"

enum { MAX_SOURCES = 4096, MAX_RESULTS = 256, MAX_NUMBERS = 128 };

struct parser {
    const char *text, *at;
    struct graph *g;
    int n_weights, weights_capacity;
    int *weights; // values, by number of the weight
    struct error *err;
};

static int wrong(struct parser *p, const char *what)
{
    return fail(p->err, "canonical text, column %td: %s, at '%.40s'", p->at - p->text + 1, what,
                p->at);
}

static size_t token_length(const struct parser *p)
{
    return strcspn(p->at, " ");
}

static bool token_is(const struct parser *p, const char *word)
{
    size_t n = token_length(p);
    return strlen(word) == n && memcmp(p->at, word, n) == 0;
}

static void skip_token(struct parser *p)
{
    p->at += token_length(p);
    if (*p->at == ' ')
        p->at++;
}

// Reads a number below limit; returns the first character behind it, or NULL.
static const char *parse_index(const char *s, int limit, int *index)
{
    long value = 0;
    const char *start = s;
    for (; *s >= '0' && *s <= '9' && value < limit; s++)
        value = value * 10 + (*s - '0');
    *index = (int)value;
    return s > start && value < limit ? s : NULL;
}

// The value that "s3", "s3.1", "i0", "w" or "w2" means; new inputs and weights are added with
// tensor t. NONE if there is no such thing; *end is the first character behind the reference.
static int resolve(struct parser *p, const struct tensor *t, const char **end)
{
    struct graph *g = p->g;
    const char *s = p->at + 1;
    int index = 0, part = 0;
    *end = s;
    if (*p->at == 'w' && *s == ':') {
        grow(&p->weights, &p->weights_capacity, p->n_weights + 1, sizeof *p->weights);
        return p->weights[p->n_weights++] = graph_add_value(g, VALUE_weight, NULL, t);
    }
    if (*p->at == 'w' && (*end = parse_index(s, p->n_weights, &index)))
        return p->weights[index];
    if (*p->at == 'i' && (*end = parse_index(s, g->n_inputs + 1, &index)))
        return index < g->n_inputs ? g->inputs[index] : graph_add_input(g, NULL, t);
    if (*p->at != 's' || !(*end = parse_index(s, g->n_nodes, &index)))
        return NONE;
    if (**end == '.' && !(*end = parse_index(*end + 1, g->nodes[index].n_dst, &part)))
        return NONE;
    return g->nodes[index].dst[part];
}

static int parse_source(struct parser *p, int *value)
{
    *value = NONE;
    if (token_is(p, "-")) {
        skip_token(p);
        return 0;
    }
    size_t n = token_length(p), reference = strcspn(p->at, ":");
    struct tensor t;
    if (reference >= n || tensor_parse(p->at + reference + 1, &t) != p->at + n)
        return wrong(p, "expected a source and its tensor");
    const char *end;
    int v = resolve(p, &t, &end);
    if (v == NONE || end != p->at + reference)
        return wrong(p, "there is no such input, weight or step");
    if (tensor_bytes(&t) != tensor_bytes(&p->g->values[v].t))
        return wrong(p, "the view has another size than what it shows");
    *value = tensor_equal(&t, &p->g->values[v].t) ? v : graph_add_view(p->g, v, &t);
    skip_token(p);
    return 0;
}

static const char *parse_int(const char *s, int64_t *i)
{
    char *end;
    errno = 0;
    *i = strtoll(s, &end, 10);
    return end == s || errno || *s == ' ' || *s == '+' ? NULL : end;
}

static int parse_ints(struct parser *p, const char *s, struct node *n, enum attr_key key)
{
    int64_t ints[MAX_NUMBERS];
    int count = 0;
    for (s--; count < MAX_NUMBERS && s && (*s == ',' || *s == '='); count++)
        s = parse_int(s + 1, &ints[count]);
    if (s != p->at + token_length(p))
        return wrong(p, "expected integers, separated by commas");
    for (int i = 0; i < count; i++)
        if (!attr_allows(key, ints[i]))
            return wrong(p, "an attribute has a number that means nothing");
    node_set_ints(p->g, n, key, count, ints);
    return 0;
}

static const char *parse_float(const char *s, float *f)
{
    char *end;
    *f = strtof(s, &end);
    return end == s || *s == ' ' || *s == '+' ? NULL : end;
}

static int parse_floats(struct parser *p, const char *s, struct node *n, enum attr_key key)
{
    float floats[MAX_NUMBERS];
    int count = 0;
    for (s--; count < MAX_NUMBERS && s && (*s == ',' || *s == '='); count++)
        s = parse_float(s + 1, &floats[count]);
    if (s != p->at + token_length(p))
        return wrong(p, "expected numbers, separated by commas");
    node_set_floats(p->g, n, key, count, floats);
    return 0;
}

static int parse_value(struct parser *p, const char *s, struct node *n, enum attr_key key)
{
    const char *end = p->at + token_length(p);
    int64_t i;
    float f;
    switch (attr_info(key)->kind) {
    case ATTR_KIND_ints:
        return parse_ints(p, s, n, key);
    case ATTR_KIND_floats:
        return parse_floats(p, s, n, key);
    case ATTR_KIND_int:
        if (parse_int(s, &i) != end)
            return wrong(p, "expected an integer");
        if (!attr_allows(key, i))
            return wrong(p, "an attribute has a number that means nothing");
        node_set_int(p->g, n, key, i);
        return 0;
    default:
        if (parse_float(s, &f) != end)
            return wrong(p, "expected a number");
        node_set_float(p->g, n, key, f);
        return 0;
    }
}

static int parse_attr(struct parser *p, struct node *n)
{
    size_t name = strcspn(p->at, "=");
    const char *s = p->at + name + 1, *end = p->at + token_length(p);
    int key = s <= end ? attr_from_name(p->at, name) : -1;
    if (key < 0 || !op_has_attr(n->op, (enum attr_key)key) || !attr_info((enum attr_key)key)->timed)
        return wrong(p, "expected an attribute of this operator");
    if (parse_value(p, s, n, (enum attr_key)key))
        return -1;
    skip_token(p);
    return 0;
}

// Floats that the text leaves out, as models commonly have them: they cannot change the time, but
// a brick must run.
static void set_usual_floats(struct post *post)
{
    if (post->op == OP_Clip)
        post->beta = 6; // 0 to 6
    else if (post->op == OP_LeakyRelu)
        post->alpha = 0.01f;
    else if (post->op == OP_Elu || post->op == OP_Swish)
        post->alpha = 1;
}

static int parse_post(struct parser *p, struct node *n)
{
    size_t name = strcspn(p->at + 1, "= ");
    bool accumulate = name == 3 && memcmp(p->at + 1, "Sum", 3) == 0;
    int op = accumulate ? OP_Add : op_from_name(p->at + 1, name);
    if (op < 0 || n->n_posts == MAX_POSTS)
        return wrong(p, op < 0 ? "expected an operator after '+'" : "too many operators after '+'");
    struct post *post = &n->posts[n->n_posts];
    *post = (struct post){.op = (enum op)op, .src = NONE, .accumulate = accumulate};
    set_usual_floats(post);
    p->at += 1 + name;
    if (*p->at == '=') {
        p->at++;
        int value;
        if (parse_source(p, &value))
            return -1;
        if (value == NONE)
            return wrong(p, "an operand cannot be omitted");
        post->src = n->n_src;
        node_add_src(p->g, n, value);
    } else {
        skip_token(p);
    }
    if ((post->src == NONE) != (op_info(post->op)->max_srcs == 1 || post->op == OP_Clip))
        return wrong(p, "wrong number of operands before this");
    n->n_posts++;
    return 0;
}

// Sources, then attributes, `inplace` and posts, up to '>'.
static int parse_left_side(struct parser *p, struct node *n)
{
    while (!token_is(p, ">")) {
        int status;
        if (!*p->at)
            return wrong(p, "expected '>' and the tensors of the results");
        if (*p->at == '+') {
            status = parse_post(p, n);
        } else if (token_is(p, "inplace")) {
            status = n->n_src ? 0 : wrong(p, "there is no source to compute in place of");
            n->inplace = true;
            skip_token(p);
        } else if (memchr(p->at, '=', token_length(p))) {
            status = parse_attr(p, n);
        } else if (n->n_posts || n->n_attrs || n->inplace || n->n_src == MAX_SOURCES) {
            status = wrong(p, "sources stand directly behind the operator");
        } else {
            int value;
            status = parse_source(p, &value);
            if (status == 0)
                node_add_src(p->g, n, value);
        }
        if (status)
            return -1;
    }
    skip_token(p);
    return 0;
}

static int parse_results(struct parser *p, struct node *n, int *dst)
{
    while (*p->at && !token_is(p, "|")) {
        struct tensor t;
        if (n->n_dst == op_info(n->op)->max_dsts || n->n_dst == MAX_RESULTS)
            return wrong(p, "too many results for this operator");
        if (token_is(p, "-"))
            dst[n->n_dst++] = NONE;
        else if (tensor_parse(p->at, &t) == p->at + token_length(p))
            dst[n->n_dst++] = graph_add_value(p->g, VALUE_node, NULL, &t);
        else
            return wrong(p, "expected the tensor of a result");
        skip_token(p);
    }
    if (n->n_dst == 0 || dst[0] == NONE)
        return wrong(p, "a step needs a result");
    n->dst = arena_copy(&p->g->arena, dst, (size_t)n->n_dst * sizeof *dst);
    return 0;
}

static int check_arity(struct parser *p, const struct node *n)
{
    const struct op_info *info = op_info(n->op);
    int own = n->n_src;
    for (int i = 0; i < n->n_posts; i++)
        own -= n->posts[i].src != NONE;
    if (own < info->min_srcs || (info->max_srcs >= 0 && own > info->max_srcs))
        return wrong(p, "wrong number of sources before this");
    return 0;
}

static int parse_step(struct parser *p)
{
    const char *start = p->at;
    int op = op_from_name(p->at, token_length(p));
    if (op < 0)
        return wrong(p, "expected an operator");
    skip_token(p);
    // Results are numbered after the sources, and the node joins the graph last, so that no
    // reference can point to itself.
    struct node n = {.op = (enum op)op};
    int dst[MAX_RESULTS];
    if (parse_left_side(p, &n) || parse_results(p, &n, dst) || check_arity(p, &n))
        return -1;
    const char *what = step_check(p->g, &n);
    if (what) {
        p->at = start;
        return wrong(p, what);
    }
    graph_copy_node(p->g, &n, n.src, n.dst);
    return 0;
}

static int parse_outputs(struct parser *p)
{
    skip_token(p);
    while (*p->at) {
        const char *end;
        int v = *p->at == 's' ? resolve(p, NULL, &end) : NONE;
        if (v == NONE || end != p->at + token_length(p))
            return wrong(p, "expected a result of a step");
        graph_add_output(p->g, v);
        skip_token(p);
    }
    return 0;
}

static int parse_graph(struct parser *p)
{
    char version[16];
    snprintf(version, sizeof version, "dlb%d", CANON_FORMAT);
    if (!token_is(p, version))
        return wrong(p, "expected the format's version, dlb1");
    skip_token(p);
    while (!token_is(p, "out")) {
        if (parse_step(p))
            return -1;
        if (!token_is(p, "|"))
            return wrong(p, "expected '|'");
        skip_token(p);
    }
    if (p->g->n_nodes == 0)
        return wrong(p, "there is no step");
    return parse_outputs(p);
}

struct graph *canon_parse(const char *text, struct error *err)
{
    struct parser p = {.text = text, .at = text, .g = xcalloc(1, sizeof *p.g), .err = err};
    int status = parse_graph(&p);
    free(p.weights);
    if (status == 0) {
        graph_index(p.g);
        return p.g;
    }
    graph_release(p.g);
    free(p.g);
    return NULL;
}
