// Plays sounds at once, each with its own level, from any moment on, in a loop if asked.

export class Player {
  constructor({ moved, ended }) {
    Object.assign(this, { moved, ended, isPlaying: false, key: "" });
  }

  // The sounds of some addresses; those that were loaded last stay.
  async load(urls, ask) {
    this.context ??= new AudioContext();
    await this.context.resume();
    const key = urls.join(" ");
    if (key === this.key) return this.buffers;
    const buffers = [];
    for (const url of urls) { // one after the other: all come of one rendering
      const data = await (await ask(url)).arrayBuffer();
      buffers.push(await this.context.decodeAudioData(data));
    }
    Object.assign(this, { key, buffers });
    return buffers;
  }

  // Levels are inputs.
  play(buffers, levels, from, loop) {
    this.stop();
    const at = this.context.currentTime + 0.05;
    this.sources = buffers.map((buffer, index) => {
      const source = this.context.createBufferSource();
      const gain = this.context.createGain();
      const level = levels[index];
      gain.gain.value = Number(level.value);
      source.buffer = buffer;
      if (loop) Object.assign(source, { loop: true, loopStart: loop[0], loopEnd: Math.min(loop[1], buffer.duration) });
      source.connect(gain).connect(this.context.destination);
      source.start(at, from);
      return { source, gain, level };
    });
    this.isPlaying = true;
    this.sources[0].source.onended = () => this.stop();
    const length = loop ? loop[1] - loop[0] : 0;
    const move = () => {
      if (!this.isPlaying) return;
      const time = from + Math.max(0, this.context.currentTime - at);
      this.moved(loop && time > loop[1] ? loop[0] + ((time - loop[0]) % length) : time);
      requestAnimationFrame(move);
    };
    move();
  }

  setLevels() {
    if (!this.isPlaying) return;
    for (const { gain, level } of this.sources) {
      gain.gain.setTargetAtTime(Number(level.value), this.context.currentTime, 0.02);
    }
  }

  stop() {
    if (!this.isPlaying) return;
    this.isPlaying = false;
    for (const { source } of this.sources) {
      source.onended = null;
      source.stop();
    }
    this.ended();
  }
}
