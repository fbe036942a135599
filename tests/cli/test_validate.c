#include "tests/test.h"

#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/validate.h"
#include "tests/scratch.h"

static void add_setting(struct findings *f, int threads, int granularity)
{
    *findings_add_setting(f) = (struct setting){
        .kind = "fresh",
        .threads = threads,
        .batch = 1,
        .granularity = granularity,
        .isa = "avx2",
        .handoff_low_ns = 40,
        .handoff_high_ns = 60,
        .visits = 20,
        .visits_share = 0.9,
        .clock_ghz = 3.9,
        .records_clock_ghz = 4.0,
        .records_host = "here",
        .records_newest_s = NAN,
        .records_oldest_s = NAN,
    };
}

static void add_verdict(struct findings *f, const char *model, double measured, double predicted)
{
    const struct setting *s = &f->settings[f->n_settings - 1];
    struct verdict *v = findings_add(f);
    v->model = model;
    v->kind = "fresh";
    v->threads = s->threads;
    v->batch = 1;
    v->granularity = s->granularity;
    v->isa = "avx2";
    v->measured_p50_ns = v->measured_low_ns = v->measured_high_ns = measured;
    v->measured_p99_ns = 2 * measured;
    v->predicted_p50_ns = v->predicted_low_ns = v->predicted_high_ns = predicted;
    v->error = predicted / measured - 1;
    v->noise = 0.01;
    v->in_range = "no";
    v->runs = 100;
    v->visits = 10;
    v->visits_within = 9;
    v->hot_error = 0.5;
}

static void add_gap(struct findings *f, const char *model)
{
    *findings_add_gap(f) = (struct gap_row){
        .model = model,
        .kind = "fresh",
        .threads = 2,
        .batch = 1,
        .granularity = 4,
        .isa = "avx2",
        .measured_p50_ns = 100,
        .computing_ns = 60,
        .dispatch_ns = 20,
        .cache_ns = 10,
        .copies_ns = 5,
        .delays_ns = 2,
        .unexplained_ns = 3,
        .unexplained_share = 0.03,
    };
}

// Two models on 1 and on 2 threads.
static void fill(struct findings *f)
{
    *f = (struct findings){0};
    for (int threads = 1; threads <= 2; threads++) {
        add_setting(f, threads, 1);
        add_verdict(f, "big", 4e6 / threads, 4.2e6 / threads);
        add_verdict(f, "tiny", 1e4, 8e3);
    }
}

// The report on standard output, as JSON.
static json_t *reported(const struct findings *f, const struct options *o)
{
    char *folder = scratch_make(), *path = scratch_path(folder, "out");
    fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    assert_non_null(freopen(path, "w", stdout));
    int status = validate_report(f, o, NULL);
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    assert_int_equal(status, 0);
    json_t *report = json_load_file(path, 0, NULL);
    assert_non_null(report);
    free(path);
    scratch_remove(folder);
    return report;
}

static const json_t *row_of(const json_t *report, const char *section, size_t i)
{
    return json_array_get(json_object_get(report, section), i);
}

static double real_of(const json_t *row, const char *key)
{
    return json_number_value(json_object_get(row, key));
}

static void findings__are_read_back_as_they_were_printed(void **state)
{
    (void)state;
    struct findings f = {0}, back = {0};
    struct options o = {.json = true, .hot = true, .gap = true};
    struct error err = {0};
    add_setting(&f, 2, 4);
    add_verdict(&f, "big", 4e6, 4.2e6);
    add_gap(&f, "big");
    json_t *report = reported(&f, &o);
    char *text = json_dumps(report, 0);
    add_setting(&back, 1, 1);
    assert_int_equal(findings_read(&back, text, strlen(text), "test", &err), 0);
    assert_int_equal(back.n_settings, 2);
    assert_int_equal(back.settings[1].granularity, 4);
    assert_true(isnan(back.settings[1].records_newest_s));
    assert_int_equal(back.n, 1);
    const struct verdict *v = &back.verdicts[0];
    assert_string_equal(v->model, "big");
    assert_int_equal(v->setting, 1);
    assert_int_equal(v->visits_within, 9);
    assert_close(v->predicted_p50_ns, 4.2e6, 1e-3);
    assert_close(v->error, 0.05, 1e-9);
    assert_close(v->hot_error, 0.5, 1e-9);
    assert_int_equal(back.n_gaps, 1);
    assert_string_equal(back.gaps[0].model, "big");
    assert_int_equal(back.gaps[0].granularity, 4);
    assert_close(back.gaps[0].cache_ns, 10, 1e-9);
    assert_close(back.gaps[0].unexplained_share, 0.03, 1e-9);
    free(text);
    json_decref(report);
    findings_release(&f);
    findings_release(&back);
}

static void findings__what_is_damaged_adds_nothing(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "{}",
        "{\"settings\":[],\"models\":[]}",
        "{\"settings\":[{}],\"models\":[]}",
        "{\"settings\":[{\"threads\":1,\"batch\":1,\"granularity\":1,\"visits\":\"x\"}],"
        "\"models\":[]}",
        "{\"settings\":[{\"threads\":1,\"batch\":1,\"granularity\":1,\"visits\":1}]}",
        "{\"settings\":[{\"threads\":1,\"batch\":1,\"granularity\":1,\"visits\":1}],"
        "\"models\":[7]}",
        "{\"settings\":[{\"threads\":1,\"batch\":1,\"granularity\":1,\"visits\":1}],"
        "\"models\":[],\"gap\":[{}]}"};
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct findings f = {0};
        struct error err = {0};
        if (findings_read(&f, cases[i], strlen(cases[i]), "test", &err) == 0)
            fail_msg("case %zu was taken", i);
        assert_true(f.n_settings == 0 && f.n == 0 && f.n_gaps == 0 && *err.text);
        findings_release(&f);
    }
}

static void report__judges_small_models_apart_and_settings_one_by_one_and_together(void **state)
{
    (void)state;
    static const struct {
        const char *setting, *models;
        double error;
        int n;
    } rows[] = {
        {"1 thread, batch 1, G 1, avx2", "1 ms and more", 0.05, 1},
        {"1 thread, batch 1, G 1, avx2", "below 1 ms", 0.2, 1},
        {"2 threads, batch 1, G 1, avx2", "1 ms and more", 0.05, 1},
        {"2 threads, batch 1, G 1, avx2", "below 1 ms", 0.2, 1},
        {"all of G 1", "1 ms and more", 0.05, 2},
        {"all of G 1", "below 1 ms", 0.2, 2},
    };
    struct findings f;
    fill(&f);
    json_t *report = reported(&f, &(struct options){.json = true});
    assert_int_equal(json_array_size(json_object_get(report, "summary")), N_ELEMENTS(rows));
    for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
        const json_t *row = row_of(report, "summary", i);
        assert_string_equal(json_string_value(json_object_get(row, "setting")), rows[i].setting);
        assert_string_equal(json_string_value(json_object_get(row, "models")), rows[i].models);
        assert_close(real_of(row, "mean_abs_error"), rows[i].error, 1e-6);
        assert_close(real_of(row, "n"), rows[i].n, 0);
    }
    json_decref(report);
    findings_release(&f);
}

static void report__predictions_of_other_granularities_are_no_pairs(void **state)
{
    (void)state;
    struct findings f;
    fill(&f);
    add_setting(&f, 1, 4);
    add_verdict(&f, "big", 4e6, 4e6);
    json_t *report = reported(&f, &(struct options){.json = true});
    const json_t *pairs = json_object_get(report, "pairs");
    assert_int_equal(json_array_size(pairs), 3); // the setting of G 4 has none
    assert_close(real_of(row_of(report, "pairs", 0), "pairs"), 1, 0);
    assert_close(real_of(row_of(report, "pairs", 2), "pairs"), 6, 0);
    assert_close(real_of(row_of(report, "pairs", 2), "n"), 4, 0);
    json_decref(report);
    findings_release(&f);
}

static void report__hot_loops_are_shown_where_asked_for(void **state)
{
    (void)state;
    for (int hot = 0; hot <= 1; hot++) {
        struct findings f;
        fill(&f);
        json_t *report = reported(&f, &(struct options){.json = true, .hot = hot});
        const json_t *summary = row_of(report, "summary", 0);
        assert_int_equal(!!json_object_get(row_of(report, "models", 0), "hot_error"), hot);
        assert_int_equal(!!json_object_get(summary, "hot_mean_abs_error"), hot);
        if (hot)
            assert_close(real_of(summary, "hot_mean_abs_error"), 0.5, 1e-6);
        json_decref(report);
        findings_release(&f);
    }
}

static void report__the_gap_is_shown_where_asked_for(void **state)
{
    (void)state;
    for (int gap = 0; gap <= 1; gap++) {
        struct findings f;
        fill(&f);
        add_gap(&f, "big");
        json_t *report = reported(&f, &(struct options){.json = true, .gap = gap});
        assert_int_equal(json_array_size(json_object_get(report, "gap")), gap);
        assert_int_equal(!!json_object_get(report, "gap"), gap);
        json_decref(report);
        findings_release(&f);
    }
}

static void report__the_plot_is_written_where_asked_for(void **state)
{
    (void)state;
    struct findings f;
    size_t bytes;
    char *folder = scratch_make(), *path = scratch_path(folder, "plot.svg");
    fill(&f);
    json_decref(reported(&f, &(struct options){.json = true, .svg = path}));
    char *svg = file_read(path, 1 << 20, &bytes, NULL);
    assert_non_null(svg);
    assert_non_null(strstr(svg, "big: +5.0 %"));
    assert_non_null(strstr(svg, "tiny: -20.0 %"));
    free(svg);
    free(path);
    scratch_remove(folder);
    findings_release(&f);
}

static void error__is_that_of_models_that_are_not_small_unless_all_are(void **state)
{
    (void)state;
    struct findings f;
    fill(&f);
    assert_close(validate_error(&f), 0.05, 1e-9);
    findings_release(&f);
    assert_true(validate_error(&f) == 0);
    add_setting(&f, 1, 1);
    add_verdict(&f, "tiny", 1e4, 8e3);
    assert_close(validate_error(&f), 0.2, 1e-9);
    findings_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(findings__are_read_back_as_they_were_printed),
        cmocka_unit_test(findings__what_is_damaged_adds_nothing),
        cmocka_unit_test(report__judges_small_models_apart_and_settings_one_by_one_and_together),
        cmocka_unit_test(report__predictions_of_other_granularities_are_no_pairs),
        cmocka_unit_test(report__hot_loops_are_shown_where_asked_for),
        cmocka_unit_test(report__the_gap_is_shown_where_asked_for),
        cmocka_unit_test(report__the_plot_is_written_where_asked_for),
        cmocka_unit_test(error__is_that_of_models_that_are_not_small_unless_all_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
