#include "tests/decompose/onnx_build.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { VARINT, BITS_64, BYTES, BITS_32 = 5 };

void put_varint(struct str *s, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        str_add_n(s, &(char){(char)(value | 0x80)}, 1);
    str_add_n(s, &(char){(char)value}, 1);
}

static void put_key(struct str *s, uint32_t number, uint32_t type)
{
    put_varint(s, number << 3 | type);
}

void put_int(struct str *s, uint32_t number, uint64_t value)
{
    put_key(s, number, VARINT);
    put_varint(s, value);
}

static void put_float(struct str *s, uint32_t number, float value)
{
    put_key(s, number, BITS_32);
    str_add_n(s, (const char *)&value, sizeof value);
}

void put_bytes(struct str *s, uint32_t number, const void *data, size_t bytes)
{
    put_key(s, number, BYTES);
    put_varint(s, bytes);
    str_add_n(s, data, bytes);
}

void put_text(struct str *s, uint32_t number, const char *text)
{
    put_bytes(s, number, text, strlen(text));
}

void put_message(struct str *s, uint32_t number, struct str *message)
{
    put_bytes(s, number, message->text, message->len);
    str_release(message);
}

// Calls put for each item of a list with commas; "-" is the empty text.
static void put_list(struct str *s, uint32_t number, const char *list,
                     void (*put)(struct str *, uint32_t, const char *))
{
    char *copy = strdup(list), *rest = copy, *item;
    while ((item = strsep(&rest, ",")))
        put(s, number, strcmp(item, "-") == 0 ? "" : item);
    free(copy);
}

static void put_number(struct str *s, uint32_t number, const char *text)
{
    put_int(s, number, (uint64_t)strtoll(text, NULL, 0));
}

static void put_number_f32(struct str *s, uint32_t number, const char *text)
{
    put_float(s, number, strtof(text, NULL));
}

void put_tensor(struct str *s, uint32_t number, const char *name, int onnx_type, const char *dims,
                const void *data, size_t bytes)
{
    struct str t = STR_INIT;
    if (*dims)
        put_list(&t, 1, dims, put_number);
    put_int(&t, 2, (uint64_t)onnx_type);
    put_text(&t, 8, name);
    put_bytes(&t, 9, data, bytes);
    put_message(s, number, &t);
}

static void put_weight(struct str *graph, const char *name, const char *dims)
{
    size_t bytes = sizeof(float);
    for (const char *at = dims; at && *at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        bytes *= (size_t)strtoul(at, NULL, 10);
    void *data = calloc(bytes ? bytes : 1, 1);
    put_tensor(graph, 5, name, 1, dims, data, bytes);
    free(data);
}

static void put_dim(struct str *shape, uint32_t number, const char *text)
{
    struct str dim = STR_INIT;
    char *end;
    long long value = strtoll(text, &end, 10);
    if (*text && !*end)
        put_int(&dim, 1, (uint64_t)value);
    else if (strcmp(text, "?") != 0)
        put_text(&dim, 2, text);
    put_message(shape, number, &dim);
}

void put_typed_port(struct str *graph, uint32_t number, const char *name, int onnx_type,
                    const char *dims)
{
    struct str port = STR_INIT, type = STR_INIT, tensor = STR_INIT, shape = STR_INIT;
    if (dims)
        put_list(&shape, 1, dims, put_dim);
    put_int(&tensor, 1, (uint64_t)onnx_type);
    put_message(&tensor, 2, &shape);
    put_message(&type, 1, &tensor);
    put_text(&port, 1, name);
    put_message(&port, 2, &type);
    put_message(graph, number, &port);
}

static void put_port(struct str *graph, uint32_t number, const char *name, const char *dims)
{
    put_typed_port(graph, number, name, 1, dims);
}

// A graph in one word: ';' for '|' and '~' for ' '.
static void put_subgraph(struct str *attribute, uint32_t number, char *text)
{
    struct str graph = STR_INIT;
    for (char *c = text; *c; c++)
        *c = *c == ';' ? '|' : *c == '~' ? ' ' : *c;
    put_graph(&graph, text);
    put_message(attribute, number, &graph);
}

static void put_attribute(struct str *node, char *text)
{
    struct str a = STR_INIT;
    char *value = text;
    put_text(&a, 1, strsep(&value, "="));
    const char *type = strsep(&value, ":");
    if (strcmp(type, "i") == 0) {
        put_number(&a, 3, value);
        put_int(&a, 20, 2);
    } else if (strcmp(type, "f") == 0) {
        put_float(&a, 2, strtof(value, NULL));
        put_int(&a, 20, 1);
    } else if (strcmp(type, "is") == 0) {
        put_list(&a, 8, value, put_number);
        put_int(&a, 20, 7);
    } else if (strcmp(type, "s") == 0) {
        put_text(&a, 4, value);
        put_int(&a, 20, 3);
    } else if (strcmp(type, "fs") == 0) {
        put_list(&a, 7, value, put_number_f32);
        put_int(&a, 20, 6);
    } else if (strcmp(type, "ss") == 0) {
        put_list(&a, 9, value, put_text);
        put_int(&a, 20, 8);
    } else if (strcmp(type, "ref") == 0) {
        put_text(&a, 21, value);
    } else {
        put_subgraph(&a, 6, value);
        put_int(&a, 20, 5);
    }
    put_message(node, 5, &a);
}

static void put_node(struct str *graph, char *op, char *rest)
{
    struct str node = STR_INIT;
    const char *name = strsep(&rest, " ");
    put_list(&node, 1, strsep(&rest, " "), put_text);
    put_list(&node, 2, strsep(&rest, " "), put_text);
    if (strcmp(name, "-") != 0)
        put_text(&node, 3, name);
    char *type = strchr(op, ':');
    put_text(&node, 4, type ? type + 1 : op);
    while (rest)
        put_attribute(&node, strsep(&rest, " "));
    if (type) {
        *type = '\0';
        put_text(&node, 7, op);
    }
    put_message(graph, 1, &node);
}

void put_graph(struct str *graph, const char *text)
{
    char *copy = strdup(text), *rest = copy, *statement;
    while ((statement = strsep(&rest, "|"))) {
        char *word = strsep(&statement, " ");
        if (strcmp(word, "in") == 0) {
            const char *name = strsep(&statement, " ");
            put_port(graph, 11, name, statement);
        } else if (strcmp(word, "out") == 0) {
            put_port(graph, 12, statement, NULL);
        } else if (strcmp(word, "weight") == 0) {
            const char *name = strsep(&statement, " ");
            put_weight(graph, name, statement);
        } else if (*word) {
            put_node(graph, word, statement);
        }
    }
    free(copy);
}

void put_function(struct str *model, const char *domain, const char *name, const char *inputs,
                  const char *outputs, const char *nodes)
{
    struct str function = STR_INIT;
    put_text(&function, 1, name);
    put_list(&function, 4, inputs, put_text);
    put_list(&function, 5, outputs, put_text);
    put_text(&function, 10, domain);
    struct str graph = STR_INIT;
    put_graph(&graph, nodes);
    for (size_t at = 0; at < graph.len;) { // nodes are field 1 of a graph, 7 of a function
        assert(graph.text[at] == (1 << 3 | 2));
        graph.text[at] = 7 << 3 | 2;
        size_t n = 0, shift = 0;
        do
            n |= (size_t)(graph.text[++at] & 0x7f) << shift, shift += 7;
        while (graph.text[at] & 0x80);
        at += 1 + n;
    }
    str_add_n(&function, graph.text, graph.len);
    str_release(&graph);
    put_message(model, 25, &function);
}

void put_model(struct str *model, struct str *graph)
{
    struct str opset = STR_INIT;
    put_int(model, 1, 8);
    put_message(model, 7, graph);
    put_text(&opset, 1, "");
    put_int(&opset, 2, 13);
    put_message(model, 8, &opset);
}
