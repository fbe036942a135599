// ONNX's own operator tests through reader, passes, compiler and executor. Each runs twice: as
// given, and with all inputs but the first made constants of the model.
//
// conformance.txt says for each test whose operators are all in the table how it ends: `pass`, or
// the stage that refuses it with a message (`read`, `steps`, `compile`). Another end than that is
// a failure, a wrong result always is. Packages of other versions have other tests: those that the
// list lacks may pass or be refused. Where this package's tests do not end as listed, a list that
// says how they end is written to the folder in which the test runs. `faulty` is a test whose
// expected output is known to be wrong; it does not run.
#include "tests/test.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "decompose/decompose.h"
#include "tests/whole/model_run.h"

#define DATA "/usr/share/libonnx-testdata/data"
#define LIST "/tests/whole/conformance.txt"

enum { MAX_TESTS = 4096, MAX_PORTS = 16, PATH_SIZE = 512, NAME_SIZE = 128 };

// As ONNX's own runner compares.
static const double relative_tolerance = 1e-3, absolute_tolerance = 1e-7;

enum end { END_pass, END_read, END_steps, END_compile, END_outside, END_wrong };

static const char *const end_names[] = {
    [END_pass] = "pass",       [END_read] = "read",       [END_steps] = "steps",
    [END_compile] = "compile", [END_outside] = "outside", [END_wrong] = "wrong",
};

static const enum end refused_at[] = {
    [STAGE_read] = END_read,
    [STAGE_steps] = END_steps,
    [STAGE_compile] = END_compile,
};

struct outcome {
    enum end end;
    struct error err; // why it is not a pass
};

// One line of the list, or one test as it went.
struct line {
    char name[NAME_SIZE]; // "node/test_relu"
    char given[16], promoted[16];
};

// Reads <path>/test_data_set_0/<what>_<k>.pb for all k. Returns how many there are, or -1.
static int read_ports(const char *path, const char *what, struct contents *ports, struct error *err)
{
    int n = 0;
    for (; n < MAX_PORTS; n++) {
        char file[PATH_SIZE];
        snprintf(file, sizeof file, "%s/test_data_set_0/%s_%d.pb", path, what, n);
        if (access(file, R_OK) != 0)
            return n;
        ports[n].data = onnx_read_tensor(file, &ports[n].t, err);
        if (!ports[n].data)
            return -1;
    }
    return n;
}

static void free_ports(struct contents *ports)
{
    for (int k = 0; k < MAX_PORTS; k++)
        free(ports[k].data);
}

static bool is_near(float got, float expected)
{
    if (isnan(got) || isnan(expected) || isinf(expected))
        return got == expected || (isnan(got) && isnan(expected));
    double difference = fabs((double)got - (double)expected);
    return difference <= absolute_tolerance + relative_tolerance * fabs((double)expected);
}

static int compare_output(int k, const struct contents *got, const struct contents *expected,
                          struct error *err)
{
    struct str text = STR_INIT;
    int status = 0;
    if (got->t.type != expected->t.type || !tensor_same_shape(&got->t, &expected->t)) {
        tensor_print(&got->t, &text);
        str_add(&text, ", expected ");
        tensor_print(&expected->t, &text);
        status = fail(err, "output %d is %s", k, text.text);
        str_release(&text);
        return status;
    }
    if (got->t.type != TYPE_f32)
        return memcmp(got->data, expected->data, tensor_bytes(&got->t)) == 0
                   ? 0
                   : fail(err, "output %d differs", k);
    const float *a = got->data, *b = expected->data;
    for (int64_t i = 0; i < tensor_elements(&got->t); i++) {
        if (!is_near(a[i], b[i]))
            return fail(err, "output %d: element %lld is %g, expected %g", k, (long long)i,
                        (double)a[i], (double)b[i]);
    }
    return 0;
}

static bool is_outside(const struct error *err)
{
    return strstr(err->text, " not supported: ") != NULL;
}

static enum end judge(const struct model_run *run, const struct contents *expected, int n,
                      struct error *err)
{
    if (run->stage == STAGE_read && is_outside(err))
        return END_outside;
    if (run->stage != STAGE_done)
        return err->text[0] ? refused_at[run->stage] : END_wrong; // a refusal has a message
    if (run->n_outputs != n) {
        fail(err, "%d outputs, expected %d", run->n_outputs, n);
        return END_wrong;
    }
    for (int k = 0; k < n; k++) {
        if (compare_output(k, &run->outputs[k], &expected[k], err))
            return END_wrong;
    }
    return END_pass;
}

// Runs a model whose data can be read.
static enum end run_model(const struct machinery *m, const char *file,
                          const struct contents *inputs, int n_inputs,
                          const struct contents *outputs, int n_outputs, bool promote,
                          struct error *err)
{
    struct model_run run;
    model_run(&run, m, file, inputs, n_inputs, promote ? 1 : MAX_PORTS, err);
    enum end end = judge(&run, outputs, n_outputs, err);
    model_run_release(&run);
    return end;
}

// Of a model whose data are of types that dlbricks does not know.
static enum end read_model(const char *file, struct error *err)
{
    struct error model_error = {0};
    struct graph *g = onnx_read(file, &(struct decompose_options){0}, NULL, &model_error);
    graph_release(g);
    free(g);
    if (!g)
        *err = model_error;
    return is_outside(err) ? END_outside : END_read;
}

static struct outcome run_one(const struct machinery *m, const char *path, bool promote)
{
    struct outcome o = {0};
    struct contents inputs[MAX_PORTS] = {0}, outputs[MAX_PORTS] = {0};
    char file[PATH_SIZE];
    snprintf(file, sizeof file, "%s/model.onnx", path);
    int n_inputs = read_ports(path, "input", inputs, &o.err);
    int n_outputs = read_ports(path, "output", outputs, &o.err);
    if (n_inputs >= 0 && n_outputs >= 0)
        o.end = run_model(m, file, inputs, n_inputs, outputs, n_outputs, promote, &o.err);
    else
        o.end = read_model(file, &o.err);
    free_ports(inputs);
    free_ports(outputs);
    return o;
}

// Lines of the list; '#' begins a comment. Returns how many there are.
static int read_list(struct line *lines)
{
    char text[PATH_SIZE];
    int n = 0;
    FILE *f = fopen(SOURCE_DIR LIST, "r");
    assert_non_null(f);
    while (n < MAX_TESTS && fgets(text, sizeof text, f)) {
        if (text[0] == '#')
            continue;
        if (sscanf(text, "%127s %15s %15s", lines[n].name, lines[n].given, lines[n].promoted) != 3)
            fail_msg(LIST ": cannot read '%s'", text);
        n++;
    }
    fclose(f);
    return n;
}

static const struct line *find_line(const struct line *lines, int n, const char *name)
{
    for (int i = 0; i < n; i++) {
        if (strcmp(lines[i].name, name) == 0)
            return &lines[i];
    }
    return NULL;
}

struct tally {
    int n[N_ELEMENTS(end_names)]; // runs by end
    int n_listed, n_unlisted, n_faulty, n_bad;
    int n_lines;
    struct line lines[MAX_TESTS]; // as they went
};

static bool is_as_listed(const struct line *went, const struct line *listed)
{
    return listed && strcmp(went->given, listed->given) == 0 &&
           strcmp(went->promoted, listed->promoted) == 0;
}

static void count_test(struct tally *t, const struct line *listed, const char *name,
                       const struct outcome *given, const struct outcome *promoted)
{
    t->n[given->end]++;
    t->n[promoted->end]++;
    if (given->end == END_outside && !listed)
        return;
    struct line *went = &t->lines[t->n_lines++];
    assert_true(t->n_lines < MAX_TESTS);
    snprintf(went->name, sizeof went->name, "%s", name);
    snprintf(went->given, sizeof went->given, "%s", end_names[given->end]);
    snprintf(went->promoted, sizeof went->promoted, "%s", end_names[promoted->end]);
    t->n_listed += listed != NULL;
    t->n_unlisted += !listed;
    bool wrong = given->end == END_wrong || promoted->end == END_wrong;
    if (!wrong && (!listed || is_as_listed(went, listed)))
        return;
    t->n_bad++;
    print_error("%s: %s, %s with constants; the list says %s, %s\n", name, went->given,
                went->promoted, listed ? listed->given : "nothing",
                listed ? listed->promoted : "nothing");
    print_error("    %s\n    %s\n", given->err.text, promoted->err.text);
}

static int is_test(const struct dirent *entry)
{
    return strncmp(entry->d_name, "test_", 5) == 0;
}

static void run_test_of(const struct machinery *m, const char *name, const struct line *listed,
                        struct tally *t)
{
    char path[PATH_SIZE];
    if (listed && strcmp(listed->given, "faulty") == 0) {
        t->n_faulty++;
        return;
    }
    snprintf(path, sizeof path, DATA "/%s", name);
    struct outcome given = run_one(m, path, false);
    struct outcome promoted = run_one(m, path, true);
    count_test(t, listed, name, &given, &promoted);
}

static void run_folder(const struct machinery *m, const char *folder, const struct line *list,
                       int n_list, struct tally *t)
{
    char path[PATH_SIZE], name[NAME_SIZE];
    struct dirent **entries;
    snprintf(path, sizeof path, DATA "/%s", folder);
    int n = scandir(path, &entries, is_test, alphasort);
    assert_true(n > 0);
    for (int i = 0; i < n; i++) {
        snprintf(name, sizeof name, "%s/%.100s", folder, entries[i]->d_name);
        run_test_of(m, name, find_line(list, n_list, name), t);
        free(entries[i]);
    }
    free(entries);
}

static void write_list(const struct tally *t)
{
    FILE *f = fopen("conformance.txt", "w");
    assert_non_null(f);
    for (int i = 0; i < t->n_lines; i++)
        fprintf(f, "%s %s %s\n", t->lines[i].name, t->lines[i].given, t->lines[i].promoted);
    fclose(f);
}

static void print_coverage(const struct tally *t, int n_list)
{
    print_message("%d runs pass, %d are refused with a message (%d reading, %d passes, %d "
                  "compiling), %d need operators outside of the table, %d are wrong\n",
                  t->n[END_pass], t->n[END_read] + t->n[END_steps] + t->n[END_compile],
                  t->n[END_read], t->n[END_steps], t->n[END_compile], t->n[END_outside],
                  t->n[END_wrong]);
    print_message("of %d listed tests %d are there and %d more known to be faulty; %d tests are "
                  "not listed\n",
                  n_list, t->n_listed, t->n_faulty, t->n_unlisted);
}

static void conformance__every_operator_test_ends_as_listed(void **state)
{
    static const char *const folders[] = {"node", "pytorch-converted", "pytorch-operator",
                                          "simple"};
    static struct line list[MAX_TESTS];
    static struct tally tally;
    if (access(DATA, R_OK) != 0) {
        print_message("skipped: install libonnx-testdata for ONNX's operator tests\n");
        skip();
    }
    int n_list = read_list(list);
    for (size_t i = 0; i < N_ELEMENTS(folders); i++)
        run_folder(*state, folders[i], list, n_list, &tally);
    print_coverage(&tally, n_list);
    if (tally.n_bad > 0 || tally.n_unlisted > 0)
        write_list(&tally);
    assert_int_equal(tally.n_bad, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conformance__every_operator_test_ends_as_listed),
    };
    return cmocka_run_group_tests(tests, machinery_start, machinery_stop);
}
