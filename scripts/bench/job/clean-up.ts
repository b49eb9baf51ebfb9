/** What has to be undone, the last first. */
export interface CleanUp {
  add(undo: () => Promise<unknown> | void): void;
  /** Undoes everything; what fails is told and does not keep the rest from being undone, nor hide why the bench ended. */
  run(): Promise<void>;
}

export function createCleanUp(): CleanUp {
  const undos: (() => Promise<unknown> | void)[] = [];
  return {
    add: (undo) => void undos.push(undo),
    async run() {
      for (const undo of undos.splice(0).reverse()) {
        try {
          await undo();
        } catch (error) {
          console.error('clean-up:', error);
        }
      }
    },
  };
}
