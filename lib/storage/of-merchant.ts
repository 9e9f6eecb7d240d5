import {
  AliasNode,
  ColumnNode,
  type DeleteQueryNode,
  ExpressionWrapper,
  IdentifierNode,
  type InsertQueryNode,
  type JoinNode,
  type Kysely,
  type KyselyPlugin,
  ListNode,
  OnNode,
  type OperationNode,
  OperationNodeTransformer,
  PrimitiveValueListNode,
  SelectionNode,
  SelectQueryNode,
  sql,
  TableNode,
  type UpdateQueryNode,
  ValueListNode,
  ValueNode,
  ValuesNode,
  WhereNode,
} from "kysely";
import type { Database } from "./database.ts";
import type { Tables } from "./tables.ts";

/** What can be done with rows; nothing but the two functions below gives it. */
export type Rows = Pick<Kysely<Tables>, "selectFrom" | "insertInto" | "updateTable" | "deleteFrom">;

/**
 * The rows of one merchant. Every table that a statement names, in its joins and sub-queries too, is narrowed to them,
 * and what it inserts is this merchant's. Raw `sql` inside a statement stays as it is written.
 */
export function ofMerchant(db: Database, userId: string): Rows {
  return everyones(db).withPlugin(narrowingTo(userId));
}

/** Every merchant's rows, for the few who serve them all and say why; one merchant's where they are told whose. */
export function acrossMerchants(db: Database, userId?: string): Rows {
  return /* mutation: narrowing-operator */ userId === undefined ? everyones(db) : ofMerchant(db, userId);
}

const everyones = (db: Database) => db.$extendTables<Tables>();

function narrowingTo(userId: string): KyselyPlugin {
  const narrowing = new Narrowing(userId);
  return {
    transformQuery: ({ node }) => narrowing.transformNode(node),
    transformResult: async ({ result }) => result,
  };
}

/** The column that says whose a row is. */
const ownerIn = (table: string) => (table === "users" ? "id" : "user_id");

class Narrowing extends OperationNodeTransformer {
  readonly #userId: string;

  constructor(userId: string) {
    super();
    this.#userId = userId;
  }

  protected override transformSelectQuery(given: SelectQueryNode): SelectQueryNode {
    const query = super.transformSelectQuery(given);
    return {
      ...query,
      ...this.#where(/* mutation: narrowing-select */ query.from?.froms ?? [], query.where),
    };
  }

  protected override transformUpdateQuery(given: UpdateQueryNode): UpdateQueryNode {
    const query = super.transformUpdateQuery(given);
    const tables = ListNode.is(query.table!) ? query.table.items : [query.table!];
    return { ...query, ...this.#where(/* mutation: narrowing-update */ tables, query.where) };
  }

  protected override transformDeleteQuery(given: DeleteQueryNode): DeleteQueryNode {
    const query = super.transformDeleteQuery(given);
    return { ...query, ...this.#where(/* mutation: narrowing-delete */ query.from.froms, query.where) };
  }

  protected override transformJoin(given: JoinNode): JoinNode {
    const join = super.transformJoin(given);
    // Other joins show rows of the table that do not match.
    // mutation: narrowing-join-kind
    if (join.joinType !== "InnerJoin" && join.joinType !== "LeftJoin")
      throw new Error(`not within one merchant: a ${join.joinType}`);
    const on = this.#within([/* mutation: narrowing-join */ join.table], join.on?.on);
    return on ? { ...join, on: OnNode.create(on) } : join;
  }

  protected override transformInsertQuery(given: InsertQueryNode): InsertQueryNode {
    const query = super.transformInsertQuery(given);
    const owner = ColumnNode.create(ownerIn(query.into!.table.identifier.name));
    return { ...query, columns: [...query.columns!, owner], values: this.#owned(query.values!) };
  }

  #where(tables: readonly OperationNode[], where: WhereNode | undefined): { where?: WhereNode } {
    const condition = this.#within(tables, where?.where);
    return condition ? { where: WhereNode.create(condition) } : {};
  }

  /** The condition in parentheses, so that no `OR` in it reaches past the merchant. */
  #within(tables: readonly OperationNode[], condition?: OperationNode): OperationNode | null {
    const owned = tables.flatMap((table) => this.#isOwned(table) ?? []);
    const all = condition
      ? [...owned, /* mutation: narrowing-or */ sql`(${new ExpressionWrapper(condition)})`]
      : owned;
    return all.length === 0 ? null : sql.join(all, sql` and `).toOperationNode();
  }

  #isOwned(named: OperationNode) {
    const { node: table, alias } = AliasNode.is(named) ? named : { node: named, alias: undefined };
    // A sub-query has been narrowed itself.
    if (SelectQueryNode.is(table)) return null;
    if (!TableNode.is(table)) throw new Error(`not within one merchant: a table that is a ${table.kind}`);
    const { name } = table.table.identifier;
    const called = alias && IdentifierNode.is(alias) ? alias.name : name;
    return sql`${sql.ref(`${called}.${ownerIn(name)}`)} = ${this.#userId}`;
  }

  #owned(values: OperationNode): OperationNode {
    const owner = ValueNode.create(this.#userId);
    if (SelectQueryNode.is(values)) {
      const selected = AliasNode.create(/* mutation: narrowing-copy */ owner, IdentifierNode.create("owner"));
      return SelectQueryNode.cloneWithSelections(values, [SelectionNode.create(selected)]);
    }
    if (!ValuesNode.is(values)) throw new Error(`not within one merchant: values that are a ${values.kind}`);
    return ValuesNode.create(
      values.values.map((row) =>
        PrimitiveValueListNode.is(row)
          ? PrimitiveValueListNode.create([...row.values, /* mutation: narrowing-insert */ this.#userId])
          : ValueListNode.create([...row.values, owner]),
      ),
    );
  }
}
