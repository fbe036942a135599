// Tables: one description of columns and one list of rows serve people (aligned text), CSV and
// JSON (an array of objects). Keys are stable and carry the unit; titles are for people, who may
// see another unit (`scale`).
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/options.h"

enum column_kind { COLUMN_text, COLUMN_count, COLUMN_real };

struct column {
    const char *key;   // in JSON and CSV: "weights_bytes"
    const char *title; // for people: "weights MB"; NULL: people do not see this column
    enum column_kind kind;
    double scale; // numbers: people see the value times this; 0: as it is
    int digits;   // reals and scaled counts: decimals that people see
};

// Both column arguments of table_init, from an array.
#define COLUMNS(array) (array), (int)(sizeof(array) / sizeof *(array))

struct cell {
    char *text; // of text cells; NULL: empty
    int64_t count;
    double real; // NAN: empty
};

struct table {
    const struct column *columns;
    int n_columns;
    int n_cells, capacity; // rows one after the other
    struct cell *cells;
};

// The columns must outlive the table.
void table_init(struct table *t, const struct column *columns, int n_columns);
void table_release(struct table *t);
int table_rows(const struct table *t);

// Each adds the next cell, left to right; a full row is followed by the next. The kind must be
// that of the column. Text is copied; NULL and NAN are empty cells (null in JSON).
void table_text(struct table *t, const char *text);
void table_count(struct table *t, int64_t count);
void table_real(struct table *t, double real);

// Array of objects; the caller owns it.
json_t *table_json(const struct table *t);

// A table in the form that the options ask for.
void table_print(const struct table *t, const struct options *o, FILE *out);

// Several tables: one JSON object of arrays, or one after the other with a heading each. Empty
// ones are not shown to people.
struct section {
    const char *key;     // in the JSON object
    const char *heading; // NULL: none
    struct table *table;
};
void sections_print(const struct section *sections, int n, const struct options *o, FILE *out);

// Prints a JSON value, indented, and drops the caller's reference.
void json_print(json_t *value, FILE *out);

#endif
