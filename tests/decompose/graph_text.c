#include "tests/decompose/graph_text.h"

#include <stdlib.h>
#include <string.h>

#include "decompose/onnx_attr.h"

enum { MAX_WORDS = 16, MAX_LIST = 64 };

static struct tensor parse_tensor(const char *dims, enum type type)
{
    struct tensor t = {.type = type};
    for (char *end; *dims && *dims != '-'; dims = *end ? end + 1 : end)
        t.dims[t.rank++] = strtoll(dims, &end, 10);
    return t;
}

static int parse_numbers(const char *list, double *out)
{
    int n = 0;
    for (char *end; list && *list; list = *end ? end + 1 : end)
        out[n++] = strtod(list, &end);
    return n;
}

int graph_value(const struct graph *g, const char *name)
{
    for (int v = g->n_values - 1; v >= 0; v--)
        if (g->values[v].name && strcmp(g->values[v].name, name) == 0)
            return v;
    return NONE;
}

static void add_constant(struct graph *g, const char *name, const char *dims, enum type type,
                         const char *numbers)
{
    double given[MAX_LIST] = {0};
    struct tensor t = parse_tensor(dims, type);
    int v = graph_add_value(g, VALUE_weight, name, &t), n = parse_numbers(numbers, given);
    float *real = arena_alloc(&g->arena, tensor_bytes(&t));
    int64_t *whole = (int64_t *)(void *)real;
    for (int64_t i = 0; i < tensor_elements(&t); i++) {
        double x = given[i < n ? i : n - 1];
        if (type == TYPE_s64)
            whole[i] = (int64_t)x;
        else
            real[i] = (float)x;
    }
    g->values[v].data = real;
}

static int named_values(struct graph *g, char *list, int *values)
{
    int n = 0;
    char *save = NULL;
    for (char *name = strtok_r(list, ",", &save); name; name = strtok_r(NULL, ",", &save)) {
        int v = strcmp(name, "-") == 0 ? NONE : graph_value(g, name);
        if (v == NONE && strcmp(name, "-") != 0)
            v = graph_add_value(g, VALUE_node, name, NULL);
        values[n++] = v;
    }
    return n;
}

// Numbers or words, separated by commas; an equation's characters.
static int parse_values(enum attr_key key, char *list, double *out)
{
    int n = 0;
    char *save = NULL;
    for (const char *c = list; key == ATTR_equation && *c; c++)
        out[n++] = *c;
    for (char *s = n ? NULL : strtok_r(list, ",", &save); s; s = strtok_r(NULL, ",", &save)) {
        int word = attr_word_number(key, s, strlen(s));
        out[n++] = word >= 0 ? word : strtod(s, NULL);
    }
    return n;
}

static void set_attr(struct graph *g, struct node *n, char *text)
{
    size_t length = strcspn(text, "=");
    int found = attr_from_name(text, length);
    if (found < 0)
        BUG("no attribute %s", text);
    enum attr_key key = (enum attr_key)found;
    double numbers[MAX_LIST];
    int64_t ints[MAX_LIST];
    float floats[MAX_LIST];
    int count = parse_values(key, text + length + 1, numbers);
    for (int i = 0; i < count; i++) {
        ints[i] = (int64_t)numbers[i];
        floats[i] = (float)numbers[i];
    }
    switch (attr_info(key)->kind) {
    case ATTR_KIND_int:
        node_set_int(g, n, key, ints[0]);
        break;
    case ATTR_KIND_ints:
        node_set_ints(g, n, key, count, ints);
        break;
    case ATTR_KIND_float:
        node_set_float(g, n, key, floats[0]);
        break;
    case ATTR_KIND_floats:
        node_set_floats(g, n, key, count, floats);
        break;
    }
}

static void add_node(struct graph *g, char **words, int n_words)
{
    int op = op_from_name(words[0], strlen(words[0]));
    if (op < 0 || n_words < 3)
        BUG("no statement: %s", words[0]);
    int src[MAX_LIST], dst[MAX_LIST];
    const char *name = arena_strndup(&g->arena, words[1], strcspn(words[1], ","));
    int n_src = named_values(g, words[2], src), n_dst = named_values(g, words[1], dst);
    struct node *n = graph_add_node(g, (enum op)op, name, n_src, src, n_dst, dst);
    for (int i = 3; i < n_words; i++)
        set_attr(g, n, words[i]);
}

static void add_statement(struct graph *g, char *statement)
{
    char *words[MAX_WORDS] = {NULL}, *save = NULL;
    int n = 0;
    for (char *w = strtok_r(statement, " ", &save); w; w = strtok_r(NULL, " ", &save))
        words[n++] = w;
    bool weight = strcmp(words[0], "weight") == 0;
    if (weight || strcmp(words[0], "in") == 0) {
        enum type type = n > 3 ? type_from_name(words[3], strlen(words[3])) : TYPE_f32;
        struct tensor t = parse_tensor(words[2], type);
        if (weight)
            graph_add_value(g, VALUE_weight, words[1], &t);
        else
            graph_add_input(g, words[1], &t);
    } else if (strcmp(words[0], "opset") == 0)
        g->opset = atoi(words[1]);
    else if (strcmp(words[0], "data") == 0)
        add_constant(g, words[1], words[2], TYPE_f32, words[3]);
    else if (strcmp(words[0], "ints") == 0)
        add_constant(g, words[1], words[2], TYPE_s64, words[3]);
    else if (strcmp(words[0], "out") == 0)
        graph_add_output(g, graph_value(g, words[1]));
    else
        add_node(g, words, n);
}

struct graph *graph_from_text(const char *text)
{
    struct graph *g = xmalloc(sizeof *g);
    graph_init(g);
    g->opset = 13;
    char *copy = xstrdup(text), *save = NULL;
    for (char *s = strtok_r(copy, "|", &save); s; s = strtok_r(NULL, "|", &save))
        add_statement(g, s);
    free(copy);
    return g;
}

static void add_source(const struct graph *g, int v, struct str *out)
{
    int storage = v == NONE ? NONE : graph_storage(g, v);
    const char *name = v == NONE ? "-" : g->values[storage].name;
    if (!name)
        name = graph_is_weight(g, v) ? "w" : "?";
    str_addf(out, "%s%s", name, storage == v ? "" : "~");
}

void step_text(const struct graph *g, const struct node *n, struct str *out)
{
    str_add(out, op_info(n->op)->name);
    for (int k = 0; k < n->n_layers; k++)
        str_addf(out, "%c%s", k ? '+' : ':', n->layers[k]);
    int n_src = n->n_src;
    for (int k = 0; k < n->n_posts; k++)
        n_src -= n->posts[k].src != NONE;
    for (int k = 0; k < n_src; k++) {
        str_add(out, " ");
        add_source(g, n->src[k], out);
    }
    for (int k = 0; k < n->n_posts; k++) {
        str_addf(out, " +%s", op_info(n->posts[k].op)->name);
        if (n->posts[k].src != NONE) {
            str_add(out, "=");
            add_source(g, n->src[n->posts[k].src], out);
        }
        str_add(out, n->posts[k].accumulate ? "!" : "");
    }
    str_addf(out, "%s > ", n->inplace ? " inplace" : "");
    add_source(g, n->dst[0], out);
    struct str t = STR_INIT;
    tensor_print(&g->values[n->dst[0]].t, &t);
    str_add(out, strchr(t.text, ':'));
    str_release(&t);
}

void steps_text(const struct graph *g, struct str *out)
{
    for (int i = 0; i < g->n_nodes; i++) {
        str_add(out, i ? " | " : "");
        step_text(g, &g->nodes[i], out);
    }
}

static void add_int(enum attr_key key, int64_t i, struct str *out)
{
    const char *word = attr_word(key, i);
    if (word)
        str_add(out, word);
    else if (key == ATTR_equation)
        str_addf(out, "%c", (int)i);
    else
        str_addf(out, "%lld", (long long)i);
}

static void add_attr(const struct attr *a, struct str *out)
{
    enum attr_kind kind = attr_info(a->key)->kind;
    bool list = kind == ATTR_KIND_ints || kind == ATTR_KIND_floats;
    str_addf(out, " %s=", attr_info(a->key)->name);
    for (int i = 0; i < (list ? a->n : 1); i++) {
        str_add(out, i && a->key != ATTR_equation ? "," : "");
        if (kind == ATTR_KIND_int || kind == ATTR_KIND_ints)
            add_int(a->key, list ? a->u.ints[i] : a->u.i, out);
        else
            str_add_float(out, list ? a->u.floats[i] : a->u.f);
    }
}

void node_text(const struct graph *g, const struct node *n, struct str *out)
{
    str_add(out, op_info(n->op)->name);
    for (int k = 0; k < n->n_src; k++) {
        str_add(out, " ");
        add_source(g, n->src[k], out);
    }
    for (int key = 0; key < N_ATTRS; key++)
        for (int i = 0; i < n->n_attrs; i++)
            if ((int)n->attrs[i].key == key)
                add_attr(&n->attrs[i], out);
    str_add(out, " >");
    for (int k = 0; k < n->n_dst; k++) {
        str_add(out, " ");
        if (n->dst[k] == NONE)
            str_add(out, "-");
        else
            tensor_print(&g->values[n->dst[k]].t, out);
    }
}
