#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "bricks/work.h"
#include "cli/profile.h"

// The trace-event format, "JSON Array Format":
// https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
// "M" events name process and thread, "X" events are complete: they have a beginning and a
// duration.

enum { PROCESS = 1, THREAD = 1 };

static json_t *metadata(const char *what, const char *name)
{
    return json_pack("{s:s,s:s,s:i,s:i,s:{s:o}}", "name", what, "ph", "M", "pid", PROCESS, "tid",
                     THREAD, "args", "name", json_text(name));
}

// Takes the name and the arguments.
static json_t *complete(const char *category, json_t *name, double start_ns, double time_ns,
                        json_t *args)
{
    return json_pack("{s:o,s:s,s:s,s:i,s:i,s:f,s:f,s:o}", "name", name, "cat", category, "ph", "X",
                     "pid", PROCESS, "tid", THREAD, "ts", start_ns * 1e-3, "dur", time_ns * 1e-3,
                     "args", args);
}

static json_t *step_event(const struct profile *p, int run, int i)
{
    const struct node *n = &p->subject.graph->nodes[i];
    const struct work work = work_node(p->subject.graph, n);
    const int at = run * p->steps.n_steps + i;
    struct str layers = STR_INIT;
    profile_layers(p, i, &layers);
    json_t *args =
        json_pack("{s:i,s:s,s:o,s:s,s:s,s:f,s:f}", "step", i, "operator", op_info(n->op)->name,
                  "layers", json_text(layers.text), "brick", profile_brick(p, i)->signature,
                  "implementation", p->subject.loaded.program.steps[i].kernel->implementation,
                  "flops", work.flops, "bytes", work.bytes);
    json_t *name = json_text(layers.len ? layers.text : op_info(n->op)->name);
    str_release(&layers);
    return complete("step", name, p->steps.start_ns[at], p->steps.time_ns[at], args);
}

// The steps of a run lie inside it.
static json_t *run_event(const struct profile *p, int run)
{
    const struct step_times *t = &p->steps;
    char name[32];
    int first = run * t->n_steps, last = first + t->n_steps - 1;
    double start_ns = t->start_ns[first], end_ns = t->start_ns[last] + t->time_ns[last];
    snprintf(name, sizeof name, "run %d", run);
    return complete("run", json_text(name), start_ns, end_ns - start_ns, json_object());
}

static json_t *trace_of(const struct profile *p)
{
    const struct environment *e = &p->engine.environment;
    char thread[384];
    snprintf(thread, sizeof thread, "team of %d, %s %s, %s", p->engine.threads,
             e->value[ENV_engine], e->value[ENV_engine_version], e->value[ENV_isa]);
    json_t *trace = json_array();
    json_array_append_new(trace, metadata("process_name", p->suite.models[0].name));
    json_array_append_new(trace, metadata("thread_name", thread));
    for (int run = 0; run < p->steps.n_runs; run++) {
        json_array_append_new(trace, run_event(p, run));
        for (int i = 0; i < p->steps.n_steps; i++)
            json_array_append_new(trace, step_event(p, run, i));
    }
    return trace;
}

int profile_trace(const struct profile *p, const char *path, struct error *err)
{
    json_t *trace = trace_of(p);
    char *text = json_dumps(trace, JSON_COMPACT | JSON_REAL_PRECISION(12));
    json_decref(trace);
    if (!text)
        return fail(err, "%s: out of memory for the trace", path);
    int status = file_write(path, text, strlen(text), err);
    free(text);
    return status;
}
