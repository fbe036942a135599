#include "runner/program.h"

#include <omp.h>
#include <stdlib.h>

#include "bricks/step.h"
#include "runner/data.h"
#include "runner/dnnl_compat.h"

struct program_op {
    dnnl_primitive_t primitive; // NULL: loop
    kernel_loop *loop;
    const void *params;
    bool alone;
    int n_args;
    dnnl_exec_arg_t *exec; // of a primitive; memory owned by the program
    void **address;        // of a loop
    const struct kernel_op *from;
};

void program_init(struct program *p, const struct engine *engine)
{
    *p = (struct program){.engine = engine};
}

static void keep_maximum(size_t *bytes, size_t other)
{
    other = plan_aligned(other);
    if (other > *bytes)
        *bytes = other;
}

void program_room_add(struct program_room *r, const struct kernel *k)
{
    keep_maximum(&r->scratchpad_bytes, k->scratchpad_bytes);
    keep_maximum(&r->temporary_bytes, k->temporary_bytes);
}

size_t program_room_bytes(const struct program_room *r)
{
    return r->scratchpad_bytes + r->temporary_bytes;
}

void program_release(struct program *p)
{
    for (int i = 0; i < p->n_ops; i++)
        for (int k = 0; p->ops[i].exec && k < p->ops[i].n_args; k++)
            dnnl_memory_destroy(p->ops[i].exec[k].memory);
    free(p->ops);
    free(p->steps);
    if (p->owns_room)
        pages_free(p->room, program_room_bytes(&p->need));
    arena_release(&p->arena);
    *p = (struct program){0};
}

// ---- binding -------------------------------------------------------------------------------

// Address of an operand of a node; NULL for what is bound at the end, or is omitted.
static void *operand_address(const struct graph *g, const struct node *n, struct place place,
                             void *const *address)
{
    if (place.operand < 0)
        return NULL;
    int v = place.operand < n->n_src ? n->src[place.operand] : n->dst[place.operand - n->n_src];
    return address[graph_storage(g, v)];
}

static int bind_primitive(struct program *p, struct program_op *op, const struct graph *g,
                          const struct node *n, void *const *address, struct error *err)
{
    op->exec = arena_alloc(&p->arena, sizeof *op->exec * (size_t)op->from->n_args);
    for (; op->n_args < op->from->n_args; op->n_args++) {
        const struct op_arg *a = &op->from->args[op->n_args];
        dnnl_exec_arg_t *exec = &op->exec[op->n_args];
        exec->arg = a->arg;
        exec->memory = md_memory(a->md, p->engine->dnnl, operand_address(g, n, a->place, address));
        if (!exec->memory)
            return fail(err, "oneDNN cannot make a memory object for %s", op->from->name);
    }
    return 0;
}

static void bind_loop(struct program *p, struct program_op *op, const struct graph *g,
                      const struct node *n, void *const *address)
{
    op->n_args = op->from->n_args;
    op->address = arena_alloc(&p->arena, sizeof *op->address * (size_t)op->n_args);
    for (int i = 0; i < op->n_args; i++)
        op->address[i] = operand_address(g, n, op->from->args[i].place, address);
}

static int append_op(struct program *p, const struct kernel *k, const struct kernel_op *from,
                     const struct graph *g, const struct node *n, void *const *address,
                     struct error *err)
{
    grow(&p->ops, &p->ops_capacity, p->n_ops + 1, sizeof *p->ops);
    struct program_op *op = &p->ops[p->n_ops++];
    *op = (struct program_op){
        .primitive = from->primitive,
        .loop = from->loop,
        .params = from->params,
        .alone = k->alone,
        .from = from,
    };
    if (op->primitive)
        return bind_primitive(p, op, g, n, address, err);
    bind_loop(p, op, g, n, address);
    return 0;
}

int program_append_node(struct program *p, const struct kernel *k, const struct graph *g,
                        const struct node *n, void *const *address, struct error *err)
{
    int taken = step_taken_source(n);
    if (taken != NONE && address[graph_storage(g, taken)] != address[n->dst[0]])
        BUG("%s takes the place of its source, but is bound elsewhere", op_info(n->op)->name);
    struct program_step step = {.kernel = k, .first_op = p->n_ops};
    for (int i = 0; i < k->n_ops; i++)
        if (append_op(p, k, &k->ops[i], g, n, address, err) != 0)
            return -1;
    step.end_op = p->n_ops;
    grow(&p->steps, &p->steps_capacity, p->n_steps + 1, sizeof *p->steps);
    p->steps[p->n_steps++] = step;
    program_room_add(&p->need, k);
    return 0;
}

static void bind_room(const struct program *p, struct program_op *op)
{
    for (int i = 0; i < op->n_args; i++) {
        struct place place = op->from->args[i].place;
        if (place.operand != OPERAND_scratchpad && place.operand != OPERAND_temporary)
            continue;
        char *at = p->room;
        if (place.operand == OPERAND_temporary)
            at += p->need.scratchpad_bytes + place.offset;
        if (op->exec)
            dnnl_memory_set_data_handle(op->exec[i].memory, at);
        else
            op->address[i] = at;
    }
}

int program_finish(struct program *p, char *room, struct error *err)
{
    size_t bytes = program_room_bytes(&p->need);
    if (bytes == 0)
        return 0;
    p->owns_room = room == NULL;
    p->room = room ? room : pages_alloc(bytes, err);
    if (!p->room)
        return -1;
    for (int i = 0; i < p->n_ops; i++)
        bind_room(p, &p->ops[i]);
    return 0;
}

// ---- running -------------------------------------------------------------------------------

static dnnl_status_t run_op(dnnl_stream_t stream, const struct program_op *op)
{
    if (op->primitive)
        return dnnl_primitive_execute(op->primitive, stream, op->n_args, op->exec);
#pragma omp parallel
    op->loop(op->params, op->address, omp_get_thread_num(), omp_get_num_threads());
    return dnnl_success;
}

// On the calling thread: oneDNN, too, divides its work among as many as OpenMP would start.
static dnnl_status_t run_alone(const struct engine *engine, const struct program_op *op)
{
    dnnl_status_t status = dnnl_success;
    if (!op->primitive) {
        op->loop(op->params, op->address, 0, 1);
        return status;
    }
    omp_set_num_threads(1);
    status = run_op(engine->stream, op);
    omp_set_num_threads(engine->threads);
    return status;
}

static void run_ops(const struct program *p, int first, int end)
{
    int failures = 0;
    for (const struct program_op *op = p->ops + first; op < p->ops + end; op++)
        failures +=
            (op->alone ? run_alone(p->engine, op) : run_op(p->engine->stream, op)) != dnnl_success;
    if (failures)
        BUG("%d of %d prepared primitives failed", failures, end - first);
}

void program_run(const struct program *p)
{
    run_ops(p, 0, p->n_ops);
}

void program_run_steps(const struct program *p, int first, int end)
{
    if (first < end)
        run_ops(p, p->steps[first].first_op, p->steps[end - 1].end_op);
}
