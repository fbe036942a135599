// ONNX's own operator tests through reader, passes, compiler and executor. Each runs in four ways:
// as given, with all inputs but the first made constants of the model, with all made constants, so
// that what can be is folded, and as given but computed by the reference instead of compiled.
//
// conformance-*.txt, one per release of the package, says for each test how it ends: `pass`, or the
// stage that refuses it with a message (`read`, `steps`, `compile`, which is also a reference that
// does not have the operator). Another end than that is a failure, a wrong result always is; where
// there is one, a list that says how the tests end is written to the folder in which the test runs.
// `faulty` is a test whose expected output is known to be wrong, and which does not run.
#include "tests/test.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "decompose/decompose.h"
#include "reference/number.h"
#include "tests/whole/model_run.h"

#define DATA "/usr/share/libonnx-testdata/data"

// Releases differ in what tests of one name hold. The newest first, with a test that older ones
// lack.
static const struct {
    const char *marker, *list;
} releases[] = {
    {DATA "/node/test_gelu_default_1", "conformance-1.17.txt"},
    {DATA "/node", "conformance-1.12.txt"},
};

enum {
    MAX_TESTS = 4096,
    MAX_PORTS = 16,
    PATH_SIZE = 512,
    NAME_SIZE = 128,
    FILE_SIZE = PATH_SIZE + 64
};

// As ONNX's own runner compares; bf16 has 8 bits.
static const long double relative_tolerance = 1e-3L, bf16_tolerance = 1e-2L;
static const long double absolute_tolerance = 1e-7L;

enum end { END_pass, END_read, END_steps, END_compile, END_wrong };

static const char *const end_names[] = {
    [END_pass] = "pass",       [END_read] = "read",   [END_steps] = "steps",
    [END_compile] = "compile", [END_wrong] = "wrong",
};

static const enum end refused_at[] = {
    [STAGE_read] = END_read,
    [STAGE_steps] = END_steps,
    [STAGE_compile] = END_compile,
};

enum way { WAY_given, WAY_promoted, WAY_folded, WAY_reference, N_WAYS };

static const struct {
    const char *name;
    int first_constant; // input
} ways[N_WAYS] = {
    [WAY_given] = {"as given", MAX_PORTS},
    [WAY_promoted] = {"with constants", 1},
    [WAY_folded] = {"of constants only", 0},
    [WAY_reference] = {"by the reference", MAX_PORTS},
};

struct outcome {
    enum end end;
    struct error err; // why it is not a pass
};

// One line of the list, or one test as it went.
struct line {
    char name[NAME_SIZE]; // "node/test_relu"
    char ends[N_WAYS][16];
};

// Reads <path>/test_data_set_0/<what>_<k>.pb for all k. Returns how many there are, or -1.
static int read_ports(const char *path, const char *what, struct contents *ports, struct error *err)
{
    int n = 0;
    for (; n < MAX_PORTS; n++) {
        char file[FILE_SIZE];
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

static bool is_near(enum type type, long double got, long double expected)
{
    long double relative = type == TYPE_bf16 ? bf16_tolerance : relative_tolerance;
    if (!type_is_real(type))
        return got == expected;
    if (isnan(got) || isnan(expected) || isinf(expected))
        return got == expected || (isnan(got) && isnan(expected));
    return fabsl(got - expected) <= absolute_tolerance + relative * fabsl(expected);
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
    for (int64_t i = 0; i < tensor_elements(&got->t); i++) {
        long double a = number_read(got->t.type, got->data, i);
        long double b = number_read(got->t.type, expected->data, i);
        if (!is_near(got->t.type, a, b))
            return fail(err, "output %d: element %lld is %g, expected %g", k, (long long)i,
                        (double)a, (double)b);
    }
    return 0;
}

static enum end judge(const struct model_run *run, const struct contents *expected, int n,
                      struct error *err)
{
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
                          const struct contents *outputs, int n_outputs, enum way way,
                          struct error *err)
{
    struct model_run run;
    const struct model_task task = {.path = file,
                                    .n_inputs = n_inputs,
                                    .inputs = inputs,
                                    .first_constant = ways[way].first_constant};
    model_run(&run, way == WAY_reference ? NULL : m, &task, err);
    enum end end = judge(&run, outputs, n_outputs, err);
    model_run_release(&run);
    return end;
}

static struct outcome run_one(const struct machinery *m, const char *path, enum way way)
{
    struct outcome o = {0};
    struct contents inputs[MAX_PORTS] = {0}, outputs[MAX_PORTS] = {0};
    char file[FILE_SIZE];
    snprintf(file, sizeof file, "%s/model.onnx", path);
    int n_inputs = read_ports(path, "input", inputs, &o.err);
    int n_outputs = read_ports(path, "output", outputs, &o.err);
    if (n_inputs >= 0 && n_outputs >= 0)
        o.end = run_model(m, file, inputs, n_inputs, outputs, n_outputs, way, &o.err);
    else
        o.end = END_read; // data of types that dlbricks does not know
    free_ports(inputs);
    free_ports(outputs);
    return o;
}

static const char *list_name(void)
{
    size_t i = 0;
    while (i + 1 < N_ELEMENTS(releases) && access(releases[i].marker, R_OK) != 0)
        i++;
    return releases[i].list;
}

static FILE *open_list(void)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, SOURCE_DIR "/tests/whole/%s", list_name());
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    return f;
}

// Lines of the list; '#' begins a comment. Returns how many there are.
static int read_list(struct line *lines)
{
    char text[PATH_SIZE];
    int n = 0;
    FILE *f = open_list();
    while (n < MAX_TESTS && fgets(text, sizeof text, f)) {
        if (text[0] == '#')
            continue;
        char(*ends)[16] = lines[n].ends;
        if (sscanf(text, "%127s %15s %15s %15s %15s", lines[n].name, ends[0], ends[1], ends[2],
                   ends[3]) != 1 + N_WAYS)
            fail_msg("%s: cannot read '%s'", list_name(), text);
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
    int n[N_WAYS][N_ELEMENTS(end_names)]; // tests by end
    int n_listed, n_unlisted, n_faulty, n_bad;
    int n_lines;
    struct line lines[2 * MAX_TESTS]; // as they went
};

static bool is_as_listed(const struct line *went, const struct line *listed)
{
    for (int w = 0; w < N_WAYS; w++) {
        if (strcmp(went->ends[w], listed->ends[w]) != 0)
            return false;
    }
    return true;
}

static void print_line(const struct line *went, const struct line *listed,
                       const struct outcome *outcomes)
{
    print_error("%s\n", went->name);
    for (int w = 0; w < N_WAYS; w++)
        print_error("    %s: %s, listed as %s: %s\n", ways[w].name, went->ends[w],
                    listed ? listed->ends[w] : "nothing", outcomes[w].err.text);
}

static void count_test(struct tally *t, const struct line *listed, const char *name,
                       const struct outcome outcomes[N_WAYS])
{
    bool wrong = false;
    for (int w = 0; w < N_WAYS; w++) {
        t->n[w][outcomes[w].end]++;
        wrong |= outcomes[w].end == END_wrong;
    }
    struct line *went = &t->lines[t->n_lines++];
    assert_true(t->n_lines < MAX_TESTS);
    snprintf(went->name, sizeof went->name, "%s", name);
    for (int w = 0; w < N_WAYS; w++)
        snprintf(went->ends[w], sizeof went->ends[w], "%s", end_names[outcomes[w].end]);
    t->n_listed += listed != NULL;
    t->n_unlisted += !listed;
    if (!wrong && (!listed || is_as_listed(went, listed)))
        return;
    t->n_bad++;
    print_line(went, listed, outcomes);
}

static int is_test(const struct dirent *entry)
{
    return strncmp(entry->d_name, "test_", 5) == 0;
}

static void run_test_of(const struct machinery *m, const char *name, const struct line *listed,
                        struct tally *t)
{
    char path[PATH_SIZE];
    if (listed && strcmp(listed->ends[0], "faulty") == 0) {
        t->n_faulty++;
        return;
    }
    snprintf(path, sizeof path, DATA "/%s", name);
    struct outcome outcomes[N_WAYS];
    for (int w = 0; w < N_WAYS; w++)
        outcomes[w] = run_one(m, path, (enum way)w);
    count_test(t, listed, name, outcomes);
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

static int compare_lines(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static void copy_comments(FILE *to)
{
    char text[PATH_SIZE];
    FILE *from = open_list();
    while (fgets(text, sizeof text, from) && text[0] == '#')
        fputs(text, to);
    fclose(from);
}

// What went, and the tests that are left out.
static void write_list(struct tally *t, const struct line *list, int n_list)
{
    int n = t->n_lines;
    for (int i = 0; i < n_list; i++) {
        if (strcmp(list[i].ends[0], "faulty") == 0)
            t->lines[n++] = list[i];
    }
    qsort(t->lines, (size_t)n, sizeof *t->lines, compare_lines);
    FILE *f = fopen(list_name(), "w");
    assert_non_null(f);
    copy_comments(f);
    for (int i = 0; i < n; i++)
        fprintf(f, "%s %s %s %s %s\n", t->lines[i].name, t->lines[i].ends[0], t->lines[i].ends[1],
                t->lines[i].ends[2], t->lines[i].ends[3]);
    fclose(f);
}

static void print_coverage(const struct tally *t, int n_list)
{
    for (int w = 0; w < N_WAYS; w++) {
        const int *n = t->n[w];
        print_message("%s: %d pass, %d are refused with a message (%d reading, %d passes, %d "
                      "compiling), %d are wrong\n",
                      ways[w].name, n[END_pass], n[END_read] + n[END_steps] + n[END_compile],
                      n[END_read], n[END_steps], n[END_compile], n[END_wrong]);
    }
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
        write_list(&tally, list, n_list);
    assert_int_equal(tally.n_bad, 0);
    assert_int_equal(tally.n_unlisted, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conformance__every_operator_test_ends_as_listed),
    };
    return cmocka_run_group_tests(tests, machinery_start, machinery_stop);
}
