#include "tests/test.h"

#include "reference/number.h"
#include "reference/reference.h"
#include "tests/reference/operator_case.h"

enum { MAX_NUMBERS = 128, MAX_WORDS = 16 };

// Reads numbers separated by spaces into the elements of v, in its layout. Returns the contents.
static void *read_contents(struct graph *g, const struct tensor *t, const char *text)
{
    char *end, *data = arena_alloc(&g->arena, tensor_bytes(t));
    long double x = 0;
    for (int64_t i = 0; i < tensor_elements(t); i++) {
        long double next = strtold(text, &end);
        if (end != text)
            x = next;
        number_write(t->type, data, i, x);
        text = end;
    }
    return data;
}

// Adds a value for "type:dims numbers"; NONE for "-".
static int add_value(struct graph *g, enum value_kind kind, const char *text)
{
    struct tensor t;
    if (strcmp(text, "-") == 0)
        return NONE;
    const char *numbers = tensor_parse(text, &t);
    if (!numbers)
        fail_msg("no tensor: %s", text);
    int v = graph_add_value(g, kind, NULL, &t);
    g->values[v].data = read_contents(g, &t, numbers);
    return v;
}

static void set_attr(struct graph *g, struct node *n, const char *word)
{
    size_t length = strcspn(word, "=");
    int key = attr_from_name(word, length), count = 0;
    int64_t ints[MAX_WORDS];
    float floats[MAX_WORDS];
    if (key < 0)
        fail_msg("no attribute: %s", word);
    for (char *end; word[length]; length = (size_t)(end - word)) {
        floats[count] = strtof(word + length + 1, &end);
        ints[count] = (int64_t)floats[count];
        count++;
    }
    switch (attr_info((enum attr_key)key)->kind) {
    case ATTR_KIND_int:
        node_set_int(g, n, (enum attr_key)key, ints[0]);
        return;
    case ATTR_KIND_float:
        node_set_float(g, n, (enum attr_key)key, floats[0]);
        return;
    case ATTR_KIND_ints:
        node_set_ints(g, n, (enum attr_key)key, count, ints);
        return;
    default:
        node_set_floats(g, n, (enum attr_key)key, count, floats);
    }
}

static struct node *add_node(struct graph *g, const char *text, int n_src, const int *src,
                             int n_dst, const int *dst)
{
    char copy[256], *save = NULL;
    snprintf(copy, sizeof copy, "%s", text);
    char *name = strtok_r(copy, " ", &save);
    int op = op_from_name(name, strlen(name));
    if (op < 0)
        fail_msg("no operator: %s", text);
    struct node *n = graph_add_node(g, (enum op)op, "node", n_src, src, n_dst, dst);
    for (char *word = strtok_r(NULL, " ", &save); word; word = strtok_r(NULL, " ", &save))
        set_attr(g, n, word);
    return n;
}

// An equation's characters.
static void set_equation(struct graph *g, struct node *n, const char *text)
{
    int64_t characters[MAX_NUMBERS];
    int count = 0;
    for (; text[count]; count++)
        characters[count] = text[count];
    node_set_ints(g, n, ATTR_equation, count, characters);
}

static bool is_near(long double got, long double expected)
{
    return got == expected || fabsl(got - expected) <= 1e-5L * fabsl(expected) + 1e-6L ||
           (got != got && expected != expected);
}

static void assert_result(const struct operator_case *c, const struct value *expected,
                          const void *got, int k)
{
    for (int64_t i = 0; i < tensor_elements(&expected->t); i++) {
        long double x = number_read(expected->t.type, got, i);
        long double y = number_read(expected->t.type, expected->data, i);
        if (!is_near(x, y))
            fail_msg("%s %s: result %d: element %d is %g, expected %g", c->node, c->src[0], k,
                     (int)i, (double)x, (double)y);
    }
}

// Runs the case; results[k] is its room for result k. Returns reference_node's status.
static int run_case(struct graph *g, const struct operator_case *c, int *dst, void **results,
                    int *n_dst, struct error *err)
{
    int src[CASE_SRCS], n_src = 0;
    const void *contents[CASE_SRCS] = {NULL};
    for (; c->src[n_src]; n_src++) {
        src[n_src] = add_value(g, VALUE_weight, c->src[n_src]);
        contents[n_src] = src[n_src] == NONE ? NULL : g->values[src[n_src]].data;
    }
    for (*n_dst = 0; c->dst[*n_dst]; (*n_dst)++) {
        int v = dst[*n_dst] = add_value(g, VALUE_node, c->dst[*n_dst]);
        results[*n_dst] = v == NONE ? NULL : arena_alloc(&g->arena, tensor_bytes(&g->values[v].t));
    }
    // Einsum's equation stands where others have attributes.
    bool einsum = strncmp(c->node, "Einsum ", 7) == 0;
    struct node *n = add_node(g, einsum ? "Einsum" : c->node, n_src, src, *n_dst, dst);
    if (einsum)
        set_equation(g, n, c->node + 7);
    return reference_node(g, n, contents, results, true, err);
}

void assert_operator(const struct operator_case *c)
{
    struct graph g;
    struct error err = {0};
    int dst[CASE_DSTS], n_dst;
    void *results[CASE_DSTS] = {NULL};
    graph_init(&g);
    if (run_case(&g, c, dst, results, &n_dst, &err))
        fail_msg("%s: %s", c->node, err.text);
    for (int k = 0; k < n_dst; k++) {
        if (dst[k] != NONE)
            assert_result(c, &g.values[dst[k]], results[k], k);
    }
    graph_release(&g);
}

void assert_refused(const struct operator_case *c, const char *refusal)
{
    struct graph g;
    struct error err = {0};
    int dst[CASE_DSTS], n_dst;
    void *results[CASE_DSTS] = {NULL};
    graph_init(&g);
    assert_int_equal(run_case(&g, c, dst, results, &n_dst, &err), -1);
    if (!strstr(err.text, refusal))
        fail_msg("%s: '%s' does not say '%s'", c->node, err.text, refusal);
    graph_release(&g);
}
