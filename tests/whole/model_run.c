#include "tests/test.h"

#include "tests/whole/model_run.h"

#include "reference/reference.h"

int machinery_start(void **state)
{
    struct machinery *m = xcalloc(1, sizeof *m);
    struct error err = {0};
    *state = m;
    if (engine_init(&m->engine, &(struct engine_options){0}, "test", &err)) {
        print_error("%s\n", err.text);
        return -1;
    }
    m->kernels = kernel_set_new(&m->engine);
    return 0;
}

int machinery_stop(void **state)
{
    struct machinery *m = *state;
    kernel_set_free(m->kernels);
    engine_release(&m->engine);
    free(m);
    return 0;
}

static int check_inputs(const struct graph *g, const struct contents *inputs, int n_inputs,
                        struct error *err)
{
    if (n_inputs != g->n_inputs)
        return fail(err, "%d inputs given, the model has %d", n_inputs, g->n_inputs);
    for (int k = 0; k < n_inputs; k++) {
        const struct value *v = &g->values[g->inputs[k]];
        if (v->t.type != inputs[k].t.type || !tensor_same_shape(&v->t, &inputs[k].t))
            return fail(err, "input %d ('%s') has another type or shape than what is given", k,
                        v->name);
    }
    return 0;
}

static void make_constants(struct graph *g, const struct contents *inputs, int first_constant)
{
    for (int k = first_constant; k < g->n_inputs; k++) {
        struct value *v = &g->values[g->inputs[k]];
        v->kind = VALUE_weight;
        v->data = arena_copy(&g->arena, inputs[k].data, tensor_bytes(&v->t));
    }
    if (g->n_inputs > first_constant)
        g->n_inputs = first_constant;
    graph_index(g);
}

// A model's output is the result of a step, or a constant where everything was folded.
static struct contents take_output(const struct graph *g, int v, void *const *address)
{
    const struct value *value = &g->values[v];
    struct contents c = {.t = value->t};
    size_t bytes = tensor_bytes(&c.t);
    const void *from = graph_is_weight(g, v) ? value->data : address[graph_storage(g, v)];
    c.data = xmalloc(bytes);
    if (bytes > 0)
        memcpy(c.data, from, bytes);
    return c;
}

static void take_outputs(struct model_run *run, const struct graph *g, void *const *address)
{
    run->n_outputs = g->n_outputs;
    run->outputs = xcalloc((size_t)g->n_outputs, sizeof *run->outputs);
    for (int k = 0; k < g->n_outputs; k++)
        run->outputs[k] = take_output(g, g->outputs[k], address);
}

static int run_steps(struct model_run *run, const struct machinery *m, const struct graph *g,
                     const struct contents *inputs, struct error *err)
{
    struct loaded_graph l;
    if (loaded_graph_init(&l, &m->engine, m->kernels, g, err))
        return -1;
    for (int k = 0; k < g->n_inputs; k++)
        memcpy(l.address[g->inputs[k]], inputs[k].data, tensor_bytes(&inputs[k].t));
    program_run(&l.program);
    take_outputs(run, g, l.address);
    loaded_graph_release(&l);
    return 0;
}

static void *const_cast(const void *p)
{
    return (void *)(uintptr_t)p;
}

static int run_reference(struct model_run *run, struct graph *g, const struct contents *inputs,
                         struct error *err)
{
    void **address = xcalloc((size_t)g->n_values, sizeof *address);
    for (int v = 0; v < g->n_values; v++) {
        const struct value *value = &g->values[v];
        if (value->kind == VALUE_weight)
            address[v] = const_cast(value->data);
        else if (value->kind == VALUE_node && value->view_of == NONE && value->t.rank >= 0)
            address[v] = arena_alloc(&g->arena, tensor_bytes(&value->t));
    }
    for (int k = 0; k < g->n_inputs; k++)
        address[g->inputs[k]] = inputs[k].data;
    int status = reference_run(g, address, err);
    if (status == 0)
        take_outputs(run, g, address);
    free(address);
    return status;
}

// A model of which only a part is modelled is refused: its outputs are others.
static int to_steps(struct graph *g, const struct decompose_options *options, struct error *err)
{
    if (graph_to_steps(g, options, err))
        return -1;
    const struct unmodelled *first = g->unmodelled;
    return g->n_unmodelled ? fail(err, "%s '%s': %s", first->op, first->layer, first->reason) : 0;
}

static int run_model(struct model_run *run, const struct machinery *m, struct graph *g,
                     const struct contents *inputs, struct error *err)
{
    return m ? run_steps(run, m, g, inputs, err) : run_reference(run, g, inputs, err);
}

void model_run(struct model_run *run, const struct machinery *m, const struct model_task *task,
               struct error *err)
{
    const struct decompose_options options = {
        .n_dims = task->n_dims, .dims = task->dims, .with_weights = true};
    *run = (struct model_run){.stage = STAGE_read};
    struct graph *g = onnx_read(task->path, &options, NULL, err);
    if (!g)
        return;
    if (check_inputs(g, task->inputs, task->n_inputs, err) == 0) {
        make_constants(g, task->inputs, task->first_constant);
        run->stage = STAGE_steps;
        if (to_steps(g, &options, err) == 0) {
            run->stage = STAGE_compile;
            if (run_model(run, m, g, task->inputs, err) == 0)
                run->stage = STAGE_done;
        }
    }
    graph_release(g);
    free(g);
}

void model_run_release(struct model_run *run)
{
    for (int k = 0; k < run->n_outputs; k++)
        free(run->outputs[k].data);
    free(run->outputs);
    *run = (struct model_run){0};
}
