#include "decompose/onnx_read.h"

#include <string.h>

// Kinds beyond MAX_KINDS are counted, not named: a message has no room for them.
enum { MAX_KINDS = 64, ROOM_FOR_NODES = 500, KIND_SIZE = 96 };

// An operator of the model that dlbricks does not have.
struct missing_op {
    char name[KIND_SIZE]; // "NonZero", "com.microsoft.Gelu"
    char first[48];       // name of its first node
    bool has_subgraph;
    int n;
};

struct survey {
    int n_nodes, n_missing, n_kinds;
    struct missing_op kinds[MAX_KINDS];
};

struct node_head {
    struct wire name, op_type, domain, output;
    bool has_subgraph;
};

enum { ATTRIBUTE_GRAPH = 6, ATTRIBUTE_GRAPHS = 11 };

int onnx_op(const char *domain, const char *op_type)
{
    if (domain[0] && strcmp(domain, "ai.onnx") != 0)
        return -1;
    int op = op_from_name(op_type, strlen(op_type));
    return op >= 0 && op_info((enum op)op)->is_onnx ? op : -1;
}

static int find_subgraph(struct node_head *head, struct wire attribute, struct error *err)
{
    struct wire_field f;
    int more;
    while ((more = wire_next(&attribute, &f, err)) > 0)
        if (f.number == ATTRIBUTE_GRAPH || f.number == ATTRIBUTE_GRAPHS)
            head->has_subgraph = true;
    return more;
}

static int scan_node(struct node_head *head, struct wire node, struct error *err)
{
    struct wire_field f;
    int more;
    *head = (struct node_head){0};
    while ((more = wire_next(&node, &f, err)) > 0) {
        switch (f.number) {
        case NODE_NAME:
            head->name = f.bytes;
            break;
        case NODE_OP_TYPE:
            head->op_type = f.bytes;
            break;
        case NODE_DOMAIN:
            head->domain = f.bytes;
            break;
        case NODE_OUTPUT:
            if (wire_size(head->output) == 0)
                head->output = f.bytes;
            break;
        case NODE_ATTRIBUTE:
            if (find_subgraph(head, f.bytes, err))
                return -1;
            break;
        default:
            break;
        }
    }
    return more;
}

// A text of the file as a string, cut to fit.
static void copy_text(char *out, size_t size, struct wire text)
{
    size_t n = wire_size(text) < size ? wire_size(text) : size - 1;
    if (n > 0)
        memcpy(out, text.at, n);
    out[n] = '\0';
}

static void count_missing(struct survey *s, const struct node_head *head, const char *name)
{
    int k = 0;
    while (k < s->n_kinds && strcmp(s->kinds[k].name, name) != 0)
        k++;
    s->n_missing++;
    if (k == MAX_KINDS)
        return;
    struct missing_op *m = &s->kinds[k];
    if (k == s->n_kinds) {
        s->n_kinds++;
        snprintf(m->name, sizeof m->name, "%s", name);
        copy_text(m->first, sizeof m->first, wire_size(head->name) ? head->name : head->output);
    }
    m->n++;
    m->has_subgraph |= head->has_subgraph;
}

static int survey_node(struct survey *s, struct wire bytes, struct error *err)
{
    struct node_head head;
    if (scan_node(&head, bytes, err))
        return -1;
    if (++s->n_nodes > MAX_NODES)
        return fail(err, "has more than %d nodes", MAX_NODES);

    char domain[KIND_SIZE / 2], op_type[KIND_SIZE / 2], name[KIND_SIZE];
    copy_text(domain, sizeof domain, head.domain);
    copy_text(op_type, sizeof op_type, head.op_type);
    if (onnx_op(domain, op_type) >= 0)
        return 0;
    snprintf(name, sizeof name, "%s%s%s", domain, domain[0] ? "." : "", op_type);
    count_missing(s, &head, name);
    return 0;
}

// "NonZero (3 nodes, first 'nz_1')"; nodes are named as long as the message has room.
static void print_missing(const struct missing_op *m, struct str *out)
{
    bool brief = out->len > ROOM_FOR_NODES;
    str_addf(out, "%s%s (%d node%s", out->len ? ", " : "", m->name, m->n, m->n == 1 ? "" : "s");
    if (!brief)
        str_addf(out, "%s '%s'", m->n == 1 ? "" : ", first", m->first);
    str_addf(out, "%s)", m->has_subgraph ? ", runs a subgraph" : "");
}

static int report(const struct survey *s, struct error *err)
{
    struct str list = STR_INIT;
    if (s->n_missing == 0)
        return 0;
    for (int k = 0; k < s->n_kinds; k++)
        print_missing(&s->kinds[k], &list);
    fail(err, "%d of %d nodes need %d%s operator%s not supported: %s", s->n_missing, s->n_nodes,
         s->n_kinds, s->n_kinds == MAX_KINDS ? " or more" : "",
         s->n_kinds == 1 ? " that is" : "s that are", list.text);
    str_release(&list);
    return -1;
}

int onnx_check_operators(struct onnx_reader *r, struct wire graph)
{
    struct survey s = {0};
    struct wire_field f;
    int more;
    while ((more = wire_next(&graph, &f, r->err)) > 0)
        if (f.number == GRAPH_NODE && f.type == WIRE_BYTES && survey_node(&s, f.bytes, r->err))
            return -1;
    return more ? more : report(&s, r->err);
}
